using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Security;
using Portico.Infrastructure.RateLimiting;
using Portico.Testing;
using StackExchange.Redis;

namespace Portico.IntegrationTests.Conventions;

/// <summary>How many requests a caller may make in a minute, on real Redis.</summary>
public sealed class RateLimitTests : IAsyncLifetime
{
    // Of 1 a minute, in development.
    private const int Quota = 100;

    private PorticoApp _app = null!;

    public async Task InitializeAsync() => _app = await PorticoApp.StartAsync(new PorticoAppOptions
    {
        Settings = { ["Limits:UserRequestsPerMinute"] = "1", ["Limits:ClientRequestsPerMinute"] = "1" },
    });

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task A_person_who_asks_too_often_is_refused_on_all_devices_and_nobody_else_is()
    {
        var (person, other) = (await _app.SignUpAsync(), await _app.SignUpAsync());
        var device = person.At(_app.Client);
        device.Take(await person.LogInAsync().Json(HttpStatusCode.OK));

        for (var left = Quota - 1; left >= 0; left--)
        {
            using var answer = await (left % 2 == 0 ? person : device).GetAsync("/api/v1/auth/check");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal($"\"user-requests\";q={Quota};w=60", Assert.Single(answer.Headers.GetValues("RateLimit-Policy")));
            Assert.Matches($"^\"user-requests\";r={left};t=(60|[1-5]?[0-9])$", Assert.Single(answer.Headers.GetValues("RateLimit")));
        }

        using var refused = await device.GetAsync("/api/v1/users/me");
        Assert.Matches("^\"user-requests\";r=0;t=(60|[1-5]?[0-9])$", Assert.Single(refused.Headers.GetValues("RateLimit")));
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        await refused.Problem(HttpStatusCode.TooManyRequests, "too_many_requests");

        await other.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        // Who verifies tokens and who watches is not counted.
        foreach (var path in new[] { "/.well-known/jwks.json", "/health/live" })
        {
            using var answer = await person.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.False(answer.Headers.Contains("RateLimit"), path);
        }
    }

    [Fact]
    public async Task Strangers_share_the_budget_of_their_network_and_who_is_signed_in_has_another()
    {
        var person = await _app.SignUpAsync();
        var badToken = new TestPerson(_app, person.Email, person.Password);
        badToken.Take(JsonSerializer.SerializeToElement(new { accessToken = "bad", refreshToken = "" }));
        var statuses = new List<HttpStatusCode>();
        for (var n = 0; n < Quota; n++)
        {
            // Addresses without anything, requests without a token and with a bad one: all of them.
            using var answer = n % 3 == 0
                ? await badToken.GetAsync("/api/v1/users/me")
                : await _app.Client.GetAsync(new Uri(n % 3 == 1 ? "/api/v1/nowhere" : "/api/v1/users/me", UriKind.Relative));
            statuses.Add(answer.StatusCode);
        }

        // Signing up took some of them before.
        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
        Assert.All(
            statuses.TakeWhile(status => status != HttpStatusCode.TooManyRequests),
            status => Assert.True(status is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound));
        await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Replicas_count_together()
    {
        await using var replica = await PorticoApp.StartAsync(new PorticoAppOptions { ReplicaOf = _app });
        var person = Guid.NewGuid();
        var (one, other) = (BudgetOf(_app), BudgetOf(replica));
        for (var n = 0; n < 60; n++)
            Assert.True(one.TrySpend(person, 1, out _));

        var spent = 0;
        RateLimitUse use = null!;
        await Eventually.Holds(
            () =>
            {
                Assert.True(other.TrySpend(person, 1, out use));
                spent++;
                return Task.FromResult(use.Remaining == Quota - 60 - spent);
            },
            "the other replica to know of the first 60");
        while (other.TrySpend(person, 1, out use))
            spent++;
        Assert.Equal(Quota - 60, spent);
        Assert.Equal(0, use.Remaining);
        await Eventually.Holds(() => Task.FromResult(!one.TrySpend(person, 1, out _)), "the first replica to know of the rest");
    }

    [Fact]
    public async Task Redis_holds_a_count_that_ends_by_itself_and_no_address()
    {
        Assert.True(BudgetOf(_app).TrySpend(IPAddress.Parse("192.0.2.77"), 1, out _));
        using var redis = await ConnectionMultiplexer.ConnectAsync(_app.Stack.Redis.ConnectionString);
        RedisKey[] keys = [];
        await Eventually.Holds(
            () =>
            {
                keys =
                    [.. redis.GetServer(_app.Stack.Redis.ConnectionString).Keys(pattern: _app.Settings["Redis:KeyPrefix"] + "requests:*")];
                return Task.FromResult(keys.Length > 0);
            },
            "the count in Redis");
        foreach (var key in keys)
        {
            Assert.DoesNotContain("192.0.2.77", (string)key!, StringComparison.Ordinal);
            Assert.InRange((await redis.GetDatabase().KeyTimeToLiveAsync(key))!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        }
    }

    private static IRequestRateLimiter BudgetOf(PorticoApp app) => app.Services.GetRequiredService<IRequestRateLimiter>();
}
