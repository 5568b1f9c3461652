using System.Globalization;
using System.Net.Http.Headers;
using Portico.Application.Common.Security;

namespace Portico.Infrastructure.Aggregation;

/// <summary>Sends the access token of the caller and the deadline of the read with each call to another service.</summary>
/// <remarks>
/// The deadline travels as <c>grpc-timeout</c> in gRPC calls. Any other call just ends with its connection. The service verifies the
/// token itself.
/// </remarks>
internal sealed class DownstreamHandler(ICallerToken token) : DelegatingHandler
{
    private const string Timeout = "grpc-timeout";

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Headers.Authorization is null && token.Authorization is { } own
            && AuthenticationHeaderValue.TryParse(own, out var authorization))
            request.Headers.Authorization = authorization;
        if (CallDeadline.Current is { } deadline
            && request.Content?.Headers.ContentType?.MediaType?.StartsWith("application/grpc", StringComparison.Ordinal) == true
            && !request.Headers.Contains(Timeout))
            request.Headers.TryAddWithoutValidation(
                Timeout,
                string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (long)deadline.Left.TotalMilliseconds)}m"));
        return base.SendAsync(request, cancellationToken);
    }
}
