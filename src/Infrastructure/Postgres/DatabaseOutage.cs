using System.Net.Sockets;
using Npgsql;
using Portico.Application.Common;

namespace Portico.Infrastructure.Postgres;

/// <summary>Distinguishes an outage of PostgreSQL, after which the same request may succeed, from a bug.</summary>
public static class DatabaseOutage
{
    /// <summary>Whether a failure, or a cause of it, is an outage.</summary>
    public static bool Is(Exception failure) => Causes.Of(failure).Any(IsOutage);

    private static bool IsOutage(Exception failure) => failure switch
    {
        PostgresException refused => IsUnavailable(refused.SqlState),
        // A lost or refused connection, an exhausted pool, a statement timeout.
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } => true,
        NpgsqlException { IsTransient: true } => true,
        _ => false,
    };

    // Classes 08 (connection), 53 (resources) and 57 (operator intervention, such as shutdown or a cancelled statement), and lock timeouts.
    private static bool IsUnavailable(string sqlState) =>
        sqlState is ['0', '8', ..] or ['5', '3' or '7', ..] or PostgresErrorCodes.LockNotAvailable;
}
