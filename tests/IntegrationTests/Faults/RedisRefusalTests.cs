using System.Net;
using Portico.DevStack;
using Portico.Domain.Users;
using Portico.IntegrationTests.Characters;
using Portico.IntegrationTests.Forecasts;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Faults;

/// <summary>A Redis that answers and refuses counts as away in every use.</summary>
public sealed class RedisRefusalTests(RedisRefusalTests.World world) : IClassFixture<RedisRefusalTests.World>
{
    private readonly PorticoApp _app = world.App;

    [Theory]
    [InlineData(RedisFaults.IsFull)]
    [InlineData(RedisFaults.IsReadOnly)]
    [InlineData(RedisFaults.CantSave)]
    [InlineData(RedisFaults.IsBusy)]
    [InlineData(RedisFaults.WantsPassword)]
    [Trait("Category", "Cases")]
    public async Task Each_use_answers_as_promised_while_redis_refuses_writes(string fault)
    {
        var manager = await _app.SignUpAsync(Role.Manager);
        var (id, _) = await manager.Announce();
        var path = $"{ForecastWorld.EventPath}/{id}";
        var person = await _app.SignUpAsync();
        var (leaving, blocked, admin) = (await _app.SignUpAsync(), await _app.SignUpAsync(), await _app.SignUpAsync(Role.Admin));
        var (here, away) = (world.Shipped.Client, person.At(world.Shipped.Client));
        await RedisFaults.Break(world.Redis, fault);

        try
        {
            // The first answer of each kind too comes in time, but on a machine without a processor to spare.
            await Eventually.Holds(
                async () =>
                {
                    var signUp = new { email = PorticoApp.NewEmail(), reason = "registration" };
                    var reset = new { email = PorticoApp.NewEmail(), reason = "forgotten" };
                    var guess = new { email = PorticoApp.NewEmail(), password = "wrong" };
                    List<TimeSpan> times =
                    [
                        await RedisFaults.Timed(() => RedisFaults.Unavailable(away.RefreshAsync())),
                        await RedisFaults.Timed(() => UnavailableUnlessFull(here.Post("auth/verify-code", signUp), fault)),
                        await RedisFaults.Timed(() => UnavailableUnlessFull(here.Post("auth/reset-password", reset), fault)),
                        await RedisFaults.Timed(() => here.Post("auth/login", guess).Json(HttpStatusCode.Unauthorized)),
                        await RedisFaults.Timed(() => away.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK)),
                        await RedisFaults.Timed(() => away.GetAsync(path).Json(HttpStatusCode.OK)),
                        await RedisFaults.Timed(() => away.GetAsync("/api/v1/leaderboard").Json(HttpStatusCode.OK)),
                    ];
                    return times.Max() <= RedisFaults.Promised;
                },
                "every answer comes within 200 ms");
            await RedisFaults.Unavailable(person.LogInAsync());
            await RedisFaults.Unavailable(person.UpdatePasswordAsync("another horse, another staple"));
            await UnavailableUnlessFull(leaving.SendAsync(HttpMethod.Post, "/api/v1/auth/logout"), fault);

            // What is committed is answered as committed, and its author reads it.
            var title = $"Changed while Redis {fault}";
            await manager.SendAsync(HttpMethod.Put, path, new { title }, ("If-Match", "*")).Json(HttpStatusCode.OK);
            Assert.Equal(title, (await manager.GetAsync(path).Json(HttpStatusCode.OK)).Text("title"));
            var block = $"/api/v1/users/{blocked.Id}/block";
            await admin.SendAsync(HttpMethod.Post, block, new { reason = "Sells forged tickets." }).Json(HttpStatusCode.OK);
            await blocked.GetAsync("/api/v1/users/me").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
            var wallet = await person.OpenWalletWithAsync(_app, manager, "12.34");
            Assert.Equal(12.34m, (await person.BalanceAsync(wallet)).Balance);
            var key = ("Idempotency-Key", $"once-{Guid.NewGuid()}");
            var made = await person.Create(CharacterCalls.Sheet(), key).Json(HttpStatusCode.Created);
            var replayed = await person.Create(CharacterCalls.Sheet(), key).Json(HttpStatusCode.Created);
            Assert.Equal(made.Text("id"), replayed.Text("id"));
        }
        finally
        {
            await RedisFaults.Mend(world.Redis, fault);
        }

        await Eventually.Holds(async () => (await person.RefreshAsync()).IsSuccessStatusCode, "refreshing again");
        foreach (var gone in new[] { leaving, blocked })
            await Eventually.Holds(
                async () => (await gone.RefreshAsync()).StatusCode == HttpStatusCode.Unauthorized, "the end of the session");
        // The password was not changed, because this session could not have continued.
        await person.LogInAsync().Json(HttpStatusCode.OK);
    }

    /// <summary>A full Redis runs a script to its end whose first write only deletes.</summary>
    private static async Task UnavailableUnlessFull(Task<HttpResponseMessage> answer, string fault)
    {
        using var response = await answer;
        if (fault == RedisFaults.IsFull && response.IsSuccessStatusCode)
            return;
        await RedisFaults.Unavailable(Task.FromResult(response));
    }

    /// <summary>An application with more patience than the shipped one, and the shipped one, on a Redis of their own.</summary>
    public sealed class World : IAsyncLifetime
    {
        private LocalStack _stack = null!;

        public RedisServer Redis => _stack.Redis;
        public PorticoApp App { get; private set; } = null!;
        public PorticoApp Shipped { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            _stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Redis });
            App = await PorticoApp.StartAsync(new PorticoAppOptions { Stack = _stack, Settings = { ["Redis:Deadline"] = "00:00:01" } });
            Shipped = await PorticoApp.StartAsync(new PorticoAppOptions { ReplicaOf = App, Settings = { ["Redis:Deadline"] = null } });
        }

        public async Task DisposeAsync()
        {
            await Shipped.DisposeAsync();
            await App.DisposeAsync();
            await _stack.DisposeAsync();
        }
    }
}
