using System.Net.Sockets;
using Npgsql;
using Portico.Application.Common;
using Portico.WebApi.Edge;

namespace Portico.WebApi.Errors;

/// <summary>Tells what an exception means to the client. What is not known here is a bug of ours.</summary>
internal static class FailureMapper
{
    private const int MaxDepth = 8;

    public static Refusal Explain(Exception failure, HttpContext context)
    {
        if (RequestDeadline.HasPassed(context))
            return EdgeRefusals.Timeout;

        var cause = failure;
        for (var depth = 0; cause is not null && depth < MaxDepth; depth++, cause = cause.InnerException)
        {
            if (Known(cause) is { } refusal)
                return refusal;
        }

        return EdgeRefusals.InternalError;
    }

    private static Refusal? Known(Exception failure) => failure switch
    {
        DependencyUnavailableException unavailable => EdgeRefusals.DependencyUnavailable with { RetryAfter = unavailable.RetryAfter },
        BadHttpRequestException bad => EdgeRefusals.OfStatus(bad.StatusCode),
        PostgresException refused => IsUnavailable(refused.SqlState) ? EdgeRefusals.DependencyUnavailable : null,
        // A broken or refused connection, an exhausted pool, a statement past its deadline.
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } => EdgeRefusals.DependencyUnavailable,
        NpgsqlException { IsTransient: true } => EdgeRefusals.DependencyUnavailable,
        _ => null,
    };

    // Classes 08 (connection), 53 (resources) and 57 (operator intervention, so shutdown and a cancelled statement), and locks that did not come in time.
    private static bool IsUnavailable(string sqlState) =>
        sqlState.StartsWith("08", StringComparison.Ordinal) || sqlState.StartsWith("53", StringComparison.Ordinal) ||
        sqlState.StartsWith("57", StringComparison.Ordinal) || sqlState == PostgresErrorCodes.LockNotAvailable;
}
