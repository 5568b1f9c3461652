using System.Diagnostics;
using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace Portico.Infrastructure.Aggregation;

/// <summary>Sends the access token of the caller, the trace and the deadline of the read with each call to another service.</summary>
/// <remarks>
/// The deadline travels as <c>grpc-timeout</c> in gRPC calls. Any other call just ends with its connection. The service verifies the
/// token itself.
/// </remarks>
internal sealed class DownstreamHandler(ICallerToken token) : DelegatingHandler
{
    private const string Timeout = "grpc-timeout";

    // Decided when the client is made, as there. A client that makes spans sends the trace itself.
    private readonly bool _sendsTrace = !ClientSpans.AreWanted;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Headers.NonValidated.Contains(HeaderNames.Authorization) && token.Authorization is { } authorization)
            request.Headers.TryAddWithoutValidation(HeaderNames.Authorization, authorization);
        if (_sendsTrace && Activity.Current is { } activity)
            DistributedContextPropagator.Current.Inject(activity, request, Set);
        if (CallDeadline.Current is { } deadline
            && request.Content?.Headers.ContentType?.MediaType?.StartsWith("application/grpc", StringComparison.Ordinal) == true
            && !request.Headers.Contains(Timeout))
            request.Headers.TryAddWithoutValidation(
                Timeout,
                string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (long)deadline.Left.TotalMilliseconds)}m"));
        return base.SendAsync(request, cancellationToken);
    }

    private static void Set(object? request, string name, string value)
    {
        var headers = ((HttpRequestMessage)request!).Headers;
        if (!headers.NonValidated.Contains(name))
            headers.TryAddWithoutValidation(name, value);
    }
}

/// <summary>Whether somebody collects the spans of HTTP clients.</summary>
internal static class ClientSpans
{
    // The source of the framework has the same name, so it has the same listeners.
    private static readonly ActivitySource Source = new("System.Net.Http");

    public static bool AreWanted => Source.HasListeners();
}
