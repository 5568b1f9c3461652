using System.Diagnostics;
using System.Net;
using System.Reflection;
using Portico.Application.Common.Caching;
using Portico.Application.Events;
using Portico.DevStack;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.IntegrationTests.Forecasts;
using Portico.Testing;
using Xunit.Abstractions;
using static Portico.IntegrationTests.Forecasts.ForecastWorld;

namespace Portico.IntegrationTests.Caching;

/// <summary>What the cache gives after a change that Redis was not told of, on two replicas and a stack of this test's own.</summary>
public sealed class StaleReadTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan Lifetime = typeof(GetEvent).GetCustomAttribute<CachedAttribute>()!.Lifetime;

    private readonly Dictionary<string, string?> _settings = new(StringComparer.Ordinal)
    {
        ["Redis:KeyPrefix"] = "stale:",
        ["Redis:Deadline"] = "00:00:00.500",
        ["Cache:Reliance"] = "00:00:00.130",
        ["Tokens:AccessTokenLifetime"] = "01:00:00",
    };

    private LocalStack _stack = null!;
    private PorticoApp _app = null!;
    private PorticoApp _replica = null!;

    public async Task InitializeAsync()
    {
        _stack = await LocalStack.StartAsync(new LocalStackOptions());
        _app = await PorticoApp.StartAsync(new PorticoAppOptions { Stack = _stack, Settings = _settings });
        // The same issuer, so that both take the same access token.
        _settings["Tokens:Issuer"] = _app.Api.ToString().TrimEnd('/');
        _replica = await PorticoApp.StartAsync(new PorticoAppOptions { Stack = _stack, Database = _app.Database, Settings = _settings });
        await QueryCacheTests.Used(_app);
        await QueryCacheTests.Used(_replica);
    }

    public async Task DisposeAsync()
    {
        await _replica.DisposeAsync();
        await _app.DisposeAsync();
        await _stack.DisposeAsync();
    }

    [Fact]
    [Trait("Category", Campaign.Category)]
    public Task No_author_reads_what_they_have_changed_while_redis_dies_and_comes_back() => Campaign.Run(1, async seed =>
    {
        var random = new Random(seed);
        var manager = await _app.SignUpAsync(Role.Manager);
        var (id, _) = await manager.Announce();
        var path = $"{EventPath}/{id}";
        await Read(manager, path);
        await Read(manager, path);

        for (var round = 0; round < 3; round++)
        {
            var kill = KillAfter(random.Next(0, 30));
            var title = $"Title {round}";
            var started = Stopwatch.GetTimestamp();
            await manager.SendAsync(HttpMethod.Put, path, new { title }, ("If-Match", "*")).Json(HttpStatusCode.OK);
            output.WriteLine($"Changed in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms.");
            Assert.Equal((title, title), await Read(manager, path));
            await kill;
            Assert.Equal((title, title), await Read(manager, path));

            // What Redis kept over its death is from before the change.
            await _stack.Redis.RestartAsync();
            await Eventually.Holds(
                async () =>
                {
                    Assert.Equal((title, title), await Read(manager, path));
                    using var answer = await manager.GetAsync(path);
                    return QueryCacheTests.Status(answer).Contains("hit", StringComparison.Ordinal);
                },
                "hits again");
            await QueryCacheTests.Used(_replica);
        }
    });

    [Fact]
    public async Task Others_read_no_older_answer_than_the_lifetime_allows()
    {
        var manager = await _app.SignUpAsync(Role.Manager);
        var (id, _) = await manager.Announce("Before");
        await Read(manager, $"{EventPath}/{id}");
        await _stack.Redis.KillAsync();
        // As if the process had died between its commit and telling Redis.
        await _app.Database.ExecuteAsync("UPDATE events SET title = 'After' WHERE id = $1", Guid.Parse(id));
        await _stack.Redis.RestartAsync();

        await Eventually.Holds(async () => await IsNew(_app) && await IsNew(_replica), "the new title");

        async Task<bool> IsNew(PorticoApp replica)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{EventPath}/{id}") { Headers = { Authorization = new("Bearer", manager.AccessToken) } };
            using var answer = await replica.Client.SendAsync(request);
            var title = (await Task.FromResult(answer).Json(HttpStatusCode.OK)).Text("title");
            Assert.True(title == "After" || answer.Headers.Age < Lifetime, $"{title} is {answer.Headers.Age?.ToString() ?? "made now"}.");
            return title == "After";
        }
    }

    [Fact]
    public async Task A_note_that_nobody_passed_on_is_passed_on_by_any_replica()
    {
        var query = QueryCacheTests.Query(TimeSpan.FromSeconds(60));
        await QueryCacheTests.Cache(_app).Get(query, _ => Task.FromResult<Result<string>>("before"), default);
        await _app.Database.ExecuteAsync("INSERT INTO stale_tags (id, tag, created_at) VALUES (gen_random_uuid(), $1, now())", query.Tags[0]);

        await Eventually.Holds(
            async () => (await QueryCacheTests.Cache(_replica).Get(query, _ => Task.FromResult<Result<string>>("after"), default)).Answer.Value == "after", "the note");
        await Eventually.Holds(async () => await _app.Database.Ask<long>("SELECT count(*) FROM stale_tags") == 0, "the note's end");
    }

    [Theory]
    [InlineData("dies")]
    [InlineData("hangs")]
    public async Task Without_redis_every_answer_is_made_anew_within_the_deadline(string fault)
    {
        var manager = await _app.SignUpAsync(Role.Manager);
        var (id, _) = await manager.Announce();
        await Read(manager, $"{EventPath}/{id}");
        if (fault == "hangs")
            _stack.Redis.Pause();
        else
            await _stack.Redis.KillAsync();

        for (var n = 0; n < 10; n++)
        {
            var started = Stopwatch.GetTimestamp();
            using var answer = await manager.GetAsync($"{EventPath}/{id}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("Portico; fwd=bypass", QueryCacheTests.Status(answer));
            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(3));
        }

        if (fault == "hangs")
            _stack.Redis.Resume();
        else
            await _stack.Redis.RestartAsync();
        await QueryCacheTests.Used(_app);
    }

    private async Task<(string, string)> Read(TestPerson person, string path)
    {
        var here = await person.GetAsync(path).Json(HttpStatusCode.OK);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", person.AccessToken);
        var there = await _replica.Client.SendAsync(request).Json(HttpStatusCode.OK);
        return (here.Text("title"), there.Text("title"));
    }

    private async Task KillAfter(int milliseconds)
    {
        await Task.Delay(milliseconds);
        await _stack.Redis.KillAsync();
    }
}
