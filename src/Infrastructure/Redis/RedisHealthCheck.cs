using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Portico.Infrastructure.Redis;

/// <summary>Checks that Redis answers.</summary>
internal sealed class RedisHealthCheck(RedisConnection redis) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await redis.Run(database => database.PingAsync(), cancellationToken);
        return HealthCheckResult.Healthy();
    }
}
