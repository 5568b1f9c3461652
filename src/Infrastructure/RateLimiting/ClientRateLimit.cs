using System.Net;
using Microsoft.Extensions.Hosting;
using Portico.Application.Common;
using Portico.Application.Common.Security;
using Portico.Infrastructure.Redis;
using Portico.Infrastructure.SignIn;
using StackExchange.Redis;

namespace Portico.Infrastructure.RateLimiting;

/// <summary>Counts what one client does in a window of time, whoever it does it to.</summary>
/// <remarks>
/// In development the budgets are 100 times larger, because everybody on one machine is one client. While Redis is away each
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

    /// <summary>How many times larger budgets are there.</summary>
    public static int FactorIn(IHostEnvironment environment) => environment.IsDevelopment() ? DevelopmentFactor : 1;

    /// <returns>
    /// How much is spent, in the measure of the setting; and while there is nothing left, how long until the window ends.
    /// </returns>
    public async Task<Spending> Spend(string name, IPAddress? client, int most, TimeSpan window, CancellationToken cancellationToken)
    {
        try
        {
            var (spent, reset) = await redis.Add(Key(name, client), 1, window, cancellationToken);
            var quota = (long)most * Factor;
            report.Report(new RateLimitUse(name, quota, window, Math.Max(0, quota - spent), reset));
            return spent <= quota ? new Spending(spent / Factor, null) : Refused(name, spent / Factor, reset);
        }
        catch (DependencyUnavailableException)
        {
            metrics.CountedLocally(name);
            // What is left is not reported: it is this process's alone, and soon that of all again.
            var wait = local.Spend($"{name}|{pseudonyms.Of(client)}", Math.Max(1, most / LocalShare) * Factor, window);
            return wait is { } time ? Refused(name, most, time) : new Spending(0, null);
        }
    }

    /// <summary>Gives one back: it was used as it should be.</summary>
    public Task Refund(string name, IPAddress? client, CancellationToken cancellationToken) =>
        redis.Script(RefundScript, [Key(name, client)], [], cancellationToken);

    private Spending Refused(string name, long spent, TimeSpan wait)
    {
        metrics.Refused(name);
        return new Spending(spent, wait);
    }

    private RedisKey Key(string name, IPAddress? client) => redis.Key($"budget:{name}:{{{pseudonyms.Of(client)}}}");
}

/// <summary>What a client has spent, and how long it has to wait when that is too much.</summary>
internal readonly record struct Spending(long Spent, TimeSpan? Wait);
