using System.Net.Sockets;
using Npgsql;

namespace Portico.Orders.Postgres;

/// <summary>Tells the failures of PostgreSQL apart: an outage, a lost race, or a bug.</summary>
internal static class DatabaseFailures
{
    /// <summary>Whether the same call may succeed later.</summary>
    public static bool IsOutage(Exception failure) => failure switch
    {
        // Classes 08 (connection), 53 (resources) and 57 (operator intervention, such as a shutdown).
        PostgresException refused => refused.SqlState is PostgresErrorCodes.LockNotAvailable
            || refused.SqlState.StartsWith("08", StringComparison.Ordinal)
            || refused.SqlState.StartsWith("53", StringComparison.Ordinal)
            || refused.SqlState.StartsWith("57", StringComparison.Ordinal),
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } => true,
        NpgsqlException { IsTransient: true } => true,
        _ => false,
    };

    /// <summary>Whether the same call may succeed at once.</summary>
    public static bool IsLostRace(Exception failure) => failure is PostgresException
    {
        SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.UniqueViolation
    };
}
