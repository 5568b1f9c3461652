using Npgsql;

namespace Portico.Infrastructure.Postgres;

/// <summary>Finds the error of PostgreSQL in a failure.</summary>
internal static class PostgresFailure
{
    /// <summary>The error of PostgreSQL that caused the failure; <c>null</c> when there is none.</summary>
    /// <remarks>EF Core wraps it once, and a temporary one, such as a deadlock, twice.</remarks>
    public static PostgresException? In(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is PostgresException found)
                return found;
        }

        return null;
    }
}
