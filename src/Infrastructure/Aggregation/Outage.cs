using System.Net.Sockets;
using System.Text.Json;
using Polly;
using Portico.Application.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Aggregation;

/// <summary>Distinguishes an outage of what a part reads, after which the same read may succeed, from a bug.</summary>
internal static class Outage
{
    public static bool Is(Exception failure) => DatabaseOutage.Is(failure) || Causes.Of(failure).Any(
        cause => cause is DependencyUnavailableException or HttpRequestException or IOException or SocketException or TimeoutException
            or ExecutionRejectedException or JsonException);
}
