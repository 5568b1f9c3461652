using StackExchange.Redis;

namespace Portico.Infrastructure.Redis;

/// <summary>Distinguishes an outage of Redis, after which the same request may succeed, from a bug.</summary>
/// <remarks>Some errors of Redis are an outage too: it is full, read-only, starting, or does not have the password yet.</remarks>
internal static class RedisOutage
{
    public static bool Is(Exception failure) => failure switch
    {
        RedisServerException refused => IsUnavailable(refused.Kind),
        RedisConnectionException or TimeoutException => true,
        // The only reachable server is a replica: the driver does not send writes to it.
        RedisCommandException refused => refused.Message.Contains("replica", StringComparison.Ordinal),
        _ => false,
    };

    private static bool IsUnavailable(RedisErrorKind kind) => kind
        is RedisErrorKind.OutOfMemory or RedisErrorKind.ReadOnly or RedisErrorKind.Misconfigured or RedisErrorKind.NoReplicas
        or RedisErrorKind.Busy or RedisErrorKind.Loading or RedisErrorKind.MasterDown or RedisErrorKind.MaxClients
        or RedisErrorKind.ClusterDown or RedisErrorKind.TryAgain or RedisErrorKind.UnknownRedirectTarget
        or RedisErrorKind.NoAuth or RedisErrorKind.WrongPass or RedisErrorKind.NoPermission
        or RedisErrorKind.ConnectionFault or RedisErrorKind.Timeout;
}
