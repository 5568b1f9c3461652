using System.Net.Sockets;
using System.Text.Json;
using Polly;
using Portico.Application.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Aggregation;

/// <summary>Distinguishes an outage of what a part reads, after which the same read may succeed, from a bug.</summary>
internal static class Outage
{
    private const int MaxDepth = 8;

    public static bool Is(Exception failure)
    {
        Exception? cause = failure;
        for (var depth = 0; cause is not null && depth < MaxDepth; depth++, cause = cause.InnerException)
        {
            if (cause is DependencyUnavailableException or HttpRequestException or IOException or SocketException or TimeoutException
                or ExecutionRejectedException or JsonException
                || DatabaseOutage.Is(cause))
                return true;
        }

        return false;
    }
}
