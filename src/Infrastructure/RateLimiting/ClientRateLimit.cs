using System.Net;
using Microsoft.Extensions.Hosting;
using Portico.Application.Common;
using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.RateLimiting;

/// <summary>Limits how often one client may do something in a time window.</summary>
/// <remarks>
/// In development the limits are 100 times larger, because all users of one machine are one client. During an outage of Redis each
/// process counts by itself and allows a tenth.
/// </remarks>
internal sealed class ClientRateLimit(
    RedisConnection redis,
    Pseudonyms pseudonyms,
    LocalRateLimits local,
    RateLimitMetrics metrics,
    IRateLimitReport report,
    IHostEnvironment environment)
{
    private const int DevelopmentFactor = 100;
    private const int LocalShare = 10;

    private const string RefundScript = """
        if tonumber(redis.call('GET', KEYS[1]) or 0) > 0 then
            redis.call('DECR', KEYS[1])
        end
        return 0
        """;

    private int Factor => FactorIn(environment);

    /// <summary>The factor of all limits in an environment.</summary>
    public static int FactorIn(IHostEnvironment environment) => environment.IsDevelopment() ? DevelopmentFactor : 1;

    /// <summary>Counts one use, unless it is refused: only a use that was allowed can be given back.</summary>
    /// <returns>
    /// The uses in this window, divided by the factor; and when the limit is exceeded, the time until the window ends.
    /// </returns>
    public async Task<Spending> Spend(string name, IPAddress? client, int most, TimeSpan window, CancellationToken cancellationToken)
    {
        try
        {
            var quota = (long)most * Factor;
            var (spent, reset) = await redis.Add(Key(name, client), 1, window, cancellationToken, quota);
            report.Report(new RateLimitUse(name, quota, window, Math.Max(0, quota - spent), reset));
            return spent <= quota ? new Spending(spent / Factor, null) : Refused(name, spent / Factor, reset);
        }
        catch (DependencyUnavailableException)
        {
            metrics.CountedLocally(name);
            // The remaining uses are not reported, because they count only for this process and only until Redis is back.
            var wait = local.Spend(LocalName(name, client), LocalQuota(most), window);
            return wait is { } time ? Refused(name, most, time) : new Spending(0, null);
        }
    }

    /// <summary>Looks whether the limit is used up, and counts nothing.</summary>
    /// <returns>The time until the window ends, or <c>null</c> when there is a use left.</returns>
    public async Task<TimeSpan?> Check(string name, IPAddress? client, int most, TimeSpan window, CancellationToken cancellationToken)
    {
        try
        {
            var counted = await redis.Run(database => database.StringGetWithExpiryAsync(Key(name, client)), cancellationToken);
            var (spent, quota, reset) = ((long)counted.Value, (long)most * Factor, counted.Expiry ?? window);
            report.Report(new RateLimitUse(name, quota, window, Math.Max(0, quota - spent), reset));
            return spent < quota ? null : Refused(name, spent / Factor, reset).Wait;
        }
        catch (DependencyUnavailableException)
        {
            metrics.CountedLocally(name);
            return local.Check(LocalName(name, client), LocalQuota(most)) is { } wait ? Refused(name, most, wait).Wait : null;
        }
    }

    /// <summary>Gives one use back, after a success.</summary>
    public Task Refund(string name, IPAddress? client, CancellationToken cancellationToken) =>
        redis.Script(RefundScript, [Key(name, client)], [], cancellationToken);

    /// <summary>Gives one use back that was counted during an outage of Redis.</summary>
    public void RefundLocally(string name, IPAddress? client) => local.Refund(LocalName(name, client));

    private Spending Refused(string name, long spent, TimeSpan wait)
    {
        metrics.Refused(name);
        return new Spending(spent, wait);
    }

    private int LocalQuota(int most) => Math.Max(1, most / LocalShare) * Factor;

    private string LocalName(string name, IPAddress? client) => $"{name}|{pseudonyms.Of(client)}";

    private RedisKey Key(string name, IPAddress? client) => redis.Key($"budget:{name}:{{{pseudonyms.Of(client)}}}");
}

/// <summary>The uses of a client, and the time to wait when they exceed the limit.</summary>
internal readonly record struct Spending(long Spent, TimeSpan? Wait);
