using System.Net;
using Portico.DevStack;
using Portico.IntegrationTests.Stacks;
using Portico.Testing;

namespace Portico.IntegrationTests.Faults;

/// <summary>What clients see while another Redis takes over, and while a node of a cluster is dead.</summary>
public sealed class RedisFailoverTests : IAsyncLifetime
{
    private const int Slots = 16384;

    private readonly List<LocalStack> _stacks = [];
    private PorticoApp? _app;

    private PorticoApp App => _app!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        foreach (var stack in _stacks)
            await stack.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Category", "Cases")]
    public async Task Sessions_go_on_with_the_replica_that_took_over(bool died)
    {
        var (primary, replica) = (await StartRedis(), await StartRedis());
        await RedisFaults.Tell(replica, $"REPLICAOF 127.0.0.1 {primary.Port}");
        await Eventually.Holds(
            async () => (await RedisFaults.Info(replica, "INFO replication")).Contains("master_link_status:up", StringComparison.Ordinal),
            "the replica follows");
        await StartApp(primary, replica);
        var person = await App.SignUpAsync();
        await RedisFaults.HasAll(replica, primary);

        // As a sentinel does: it promotes the replica, and makes the former primary follow it.
        if (died)
        {
            await primary.KillAsync();
            await RedisFaults.Unavailable(person.RefreshAsync());
            await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        }

        await RedisFaults.Tell(replica, "REPLICAOF NO ONE");
        if (!died)
            await RedisFaults.Tell(primary, $"REPLICAOF 127.0.0.1 {replica.Port}");

        await Eventually.Holds(() => IsBack(person), "refreshing again", TimeSpan.FromSeconds(20));
        await person.LogInAsync().Json(HttpStatusCode.OK);
        await App.SignUpAsync();
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Each_use_answers_as_promised_while_a_primary_of_a_cluster_is_dead()
    {
        var nodes = new List<RedisServer>();
        for (var n = 0; n < 3; n++)
            nodes.Add(await StartRedis(
                "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", $"{Ports.Free()}"));
        await Join(nodes);
        await StartApp([.. nodes]);
        // Some of them on every node.
        var people = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => App.SignUpAsync()));

        await nodes[0].KillAsync();
        foreach (var person in people)
        {
            // A live node may answer until it knows.
            Assert.Contains(await Status(person.RefreshAsync()), (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable]);
            await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        }

        foreach (var node in nodes[1..])
            await Eventually.Holds(
                async () => (await Wire.RedisAsync(node, "GET probe")).StartsWith("-CLUSTERDOWN", StringComparison.Ordinal),
                "the cluster is down");
        foreach (var person in people)
        {
            await RedisFaults.Unavailable(person.RefreshAsync());
            await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
            await person.GetAsync("/api/v1/leaderboard").Json(HttpStatusCode.OK);
        }

        await RedisFaults.Unavailable(people[0].LogInAsync());
        await RedisFaults.Unavailable(
            App.Client.Post("auth/verify-code", new { email = PorticoApp.NewEmail(), reason = "registration" }));

        await nodes[0].RestartAsync();
        foreach (var person in people)
            await Eventually.Holds(() => IsBack(person), "refreshing again");
        // A new person's keys may be on a node on which none of the people above is.
        await Eventually.Holds(SignsUp, "signing up again");
    }

    private async Task<bool> SignsUp()
    {
        try
        {
            await App.SignUpAsync();
            return true;
        }
        catch (HttpRequestException exception) when (exception.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            return false;
        }
    }

    private static async Task<bool> IsBack(TestPerson person)
    {
        using var answer = await person.RefreshAsync();
        if (!answer.IsSuccessStatusCode)
            await RedisFaults.Unavailable(Task.FromResult(answer));
        return answer.IsSuccessStatusCode;
    }

    private static async Task<HttpStatusCode> Status(Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        return response.StatusCode;
    }

    private static async Task Join(List<RedisServer> nodes)
    {
        for (var n = 0; n < nodes.Count; n++)
        {
            var (first, last) = (Slots * n / nodes.Count, (Slots * (n + 1) / nodes.Count) - 1);
            await RedisFaults.Tell(nodes[n], $"CLUSTER ADDSLOTSRANGE {first} {last}");
            var bus = (await RedisFaults.Info(nodes[n], "CLUSTER NODES")).Split('@')[1].Split([',', ' '])[0];
            if (n > 0)
                await RedisFaults.Tell(nodes[0], $"CLUSTER MEET 127.0.0.1 {nodes[n].Port} {bus}");
        }

        foreach (var node in nodes)
            await Eventually.Holds(
                async () => (await RedisFaults.Info(node, "CLUSTER INFO")).Contains("cluster_state:ok", StringComparison.Ordinal)
                    && (await RedisFaults.Info(node, "CLUSTER INFO")).Contains("cluster_known_nodes:3", StringComparison.Ordinal),
                "the cluster is up");
    }

    private async Task<RedisServer> StartRedis(params string[] arguments)
    {
        var stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Redis, RedisArguments = arguments });
        _stacks.Add(stack);
        return stack.Redis;
    }

    private async Task StartApp(params RedisServer[] servers)
    {
        _app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings = { ["Redis:ConnectionString"] = string.Join(',', servers.Select(server => server.ConnectionString)) },
        });
        await Eventually.Holds(async () => (await App.Client.GetAsync("/health/ready")).IsSuccessStatusCode, "the application is ready");
    }
}
