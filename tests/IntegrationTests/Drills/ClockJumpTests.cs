using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.IntegrationTests.Events;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Drills;

/// <summary>The clock of one of two replicas jumps by an hour, and jumps back.</summary>
[Trait("Category", "Drills")]
public sealed class ClockJumpTests(ClockJumpTests.World world) : IClassFixture<ClockJumpTests.World>
{
    private const string Me = "/api/v1/users/me";
    private const int Payments = 5;
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    private readonly PorticoApp _right = world.Right;
    private readonly PorticoApp _wrong = world.Wrong;

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_clock_that_jumps_by_an_hour_makes_nothing_valid_for_longer_and_loses_nothing(int hours)
    {
        var (person, manager) = (await _right.SignUpAsync(), await _right.ManagerAsync());
        var (from, to) = (await person.OpenWalletWithAsync(_right, manager, "100.00"), await person.OpenWalletAsync());
        var (email, victim) = (PorticoApp.NewEmail(), await _right.SignUpAsync());
        await _right.Client.Post("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        var code = await _right.CodeAsync(email);
        var here = person.At(_wrong.Client);
        await here.GetAsync(Me).Json(HttpStatusCode.OK);

        world.Clock.Offset = TimeSpan.FromHours(hours);
        try
        {
            // A token has expired, or is not valid yet. A refresh gives one that this replica accepts, and no other one.
            await RefusedAsync(here);
            here.Take(await here.RefreshAsync().Json(HttpStatusCode.OK));
            await here.GetAsync(Me).Json(HttpStatusCode.OK);
            await RefusedAsync(here.At(_right.Client));
            for (var n = 0; n < Payments; n++)
                await here.TransferAsync(_wrong, from, to, "1.00");

            // Tries of codes and passwords are counted by the clock of Redis.
            for (var n = 0; n < 5; n++)
                await Register(_wrong, email, code == "000000" ? "000001" : "000000").Problem(HttpStatusCode.BadRequest, "invalid_code");
            await Register(_right, email, code).Problem(HttpStatusCode.BadRequest, "invalid_code");
            Assert.InRange(await DelayAsync(victim.At(_wrong.Client)), TimeSpan.FromSeconds(1), LongestDelay);
        }
        finally
        {
            world.Clock.Offset = TimeSpan.Zero;
        }

        await RefusedAsync(here);
        here.Take(await here.RefreshAsync().Json(HttpStatusCode.OK));
        await here.GetAsync(Me).Json(HttpStatusCode.OK);
        await here.At(_right.Client).GetAsync(Me).Json(HttpStatusCode.OK);
        Assert.Equal(Payments, (await here.BalanceAsync(to)).Balance);
        Assert.InRange(await DelayAsync(victim), TimeSpan.FromSeconds(1), LongestDelay);
        await Eventually.Holds(
            async () => await _right.Database.TextAsync(TestOutbox.CountWaiting) == "0", "every event is published");
        await LedgerChecker.CheckAsync(_right.Database.Portico);
    }

    private static async Task RefusedAsync(TestPerson person)
    {
        using var answer = await person.GetAsync(Me);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    private static Task<HttpResponseMessage> Register(PorticoApp app, string email, string code) =>
        app.Client.Post("auth/register", new { email, code, password = "correct horse", displayName = "Ada" });

    /// <summary>Guesses the password until the next guess must wait.</summary>
    private static async Task<TimeSpan> DelayAsync(TestPerson victim)
    {
        for (var n = 0; n < 5; n++)
        {
            using var answer = await victim.LogInAsync("wrong");
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                return answer.Headers.RetryAfter!.Delta!.Value;
        }

        throw new InvalidOperationException("Nobody limits the guesses.");
    }

    /// <summary>A clock that can be set.</summary>
    public sealed class JumpingClock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }

    public sealed class World : IAsyncLifetime
    {
        public JumpingClock Clock { get; } = new();

        public PorticoApp Right { get; private set; } = null!;

        public PorticoApp Wrong { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Right = await PorticoApp.StartAsync(new PorticoAppOptions());
            Wrong = await PorticoApp.StartAsync(new PorticoAppOptions
            {
                ReplicaOf = Right,
                Services = services => services.AddSingleton<TimeProvider>(Clock),
            });
        }

        public async Task DisposeAsync()
        {
            await Wrong.DisposeAsync();
            await Right.DisposeAsync();
        }
    }
}
