using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Portico.Application.Common.Security;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Redis;
using Portico.Infrastructure.SignIn;

namespace Portico.Application.UnitTests.RateLimiting;

/// <summary>What one process allows by what it knows itself, on a clock that only the test moves.</summary>
public sealed class RequestRateLimiterTests : IAsyncDisposable
{
    private const int Quota = 100;

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ManualClock _clock = new(DateTimeOffset.UnixEpoch);
    private readonly RedisConnection _redis;
    private readonly RequestRateLimiter _budget;

    public RequestRateLimiterTests()
    {
        _redis = new RedisConnection(new RedisSettings { ConnectionString = "127.0.0.1:1,connectRetry=0" }, _clock);
        _budget = Budget("Production");
    }

    public async ValueTask DisposeAsync()
    {
        _budget.Dispose();
        await _redis.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Allows_as_many_as_the_budget_however_many_ask_at_once()
    {
        var person = Guid.NewGuid();
        var allowed = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var n = 0; n < Quota; n++)
            {
                if (_budget.TrySpend(person, Quota, out var _))
                    Interlocked.Increment(ref allowed);
            }
        })));
        Assert.Equal(Quota, allowed);
        Assert.True(_budget.TrySpend(Guid.NewGuid(), Quota, out _), "Somebody else has a budget of their own.");
    }

    [Fact]
    public void Says_what_is_left_and_for_how_long()
    {
        var person = Guid.NewGuid();
        for (var left = 2; left >= 0; left--)
        {
            Assert.True(_budget.TrySpend(person, 3, out var use));
            Assert.Equal(new RateLimitUse("user-requests", 3, TimeSpan.FromMinutes(1), left, TimeSpan.FromMinutes(1)), use);
        }

        _clock.Now += TimeSpan.FromSeconds(59);
        Assert.False(_budget.TrySpend(person, 3, out var refused));
        Assert.Equal(new RateLimitUse("user-requests", 3, TimeSpan.FromMinutes(1), 0, TimeSpan.FromSeconds(1)), refused);

        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.True(_budget.TrySpend(person, 3, out var again));
        Assert.Equal((2, TimeSpan.FromMinutes(1)), (again.Remaining, again.Reset));
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", true)]
    public void The_strangers_of_a_network_share_one_budget(string one, string other, bool isAllowed)
    {
        Assert.True(_budget.TrySpend(IPAddress.Parse(one), 1, out var use));
        Assert.Equal("client-requests", use.Policy);
        Assert.Equal(isAllowed, _budget.TrySpend(IPAddress.Parse(other), 1, out _));
    }

    [Fact]
    public void A_hundred_thousand_callers_are_counted_and_one_more_is_allowed()
    {
        for (var n = 0; n < 100_000; n++)
            Assert.True(_budget.TrySpend(Guid.NewGuid(), 1, out _));

        var late = Guid.NewGuid();
        for (var n = 0; n < 3; n++)
            Assert.True(_budget.TrySpend(late, 1, out _));
    }

    [Fact]
    public void Is_shared_at_once_first_then_when_a_sixteenth_of_the_rest_is_used_or_a_second_has_passed()
    {
        var window = new RequestRateLimiter.Window("test");
        Spend(1);
        Assert.True(window.IsDue(_clock), "What others have used is not known.");

        window.MarkSent(window.Unsent(), (20, TimeSpan.FromMinutes(1)), _clock);
        // 80 are left.
        Spend(4);
        Assert.False(window.IsDue(_clock));
        Spend(1);
        Assert.True(window.IsDue(_clock));

        window.MarkSent(window.Unsent(), (25, TimeSpan.FromMinutes(1)), _clock);
        Spend(1);
        _clock.Now += TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1);
        Assert.False(window.IsDue(_clock));
        _clock.Now += TimeSpan.FromTicks(1);
        Assert.True(window.IsDue(_clock));

        void Spend(int requests)
        {
            for (; requests > 0; requests--)
                Assert.True(window.TrySpend(Quota, _clock, out _, out _, out _));
        }
    }

    [Fact]
    public void Is_a_hundred_times_larger_in_development()
    {
        using var development = Budget("Development");
        Assert.True(development.TrySpend(Guid.NewGuid(), 3, out var use));
        Assert.Equal((300, 299), (use.Quota, use.Remaining));
    }

    private RequestRateLimiter Budget(string environment) => new(
        _redis, new Pseudonyms(new byte[32]), new RateLimitMetrics(_services.GetRequiredService<IMeterFactory>()),
        new HostingEnvironment { EnvironmentName = environment }, _clock, NullLogger<RequestRateLimiter>.Instance);
}
