using Portico.Application.Common.Health;

namespace Portico.Infrastructure.Redis;

internal sealed class RedisReadiness(RedisConnection redis) : IReadinessCheck
{
    public string Name => "redis";

    public Task CheckAsync(CancellationToken cancellationToken) => redis.Run(database => database.PingAsync(), cancellationToken);
}
