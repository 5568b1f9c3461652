using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace Portico.WebApi.Http;

/// <summary>Gives every request an id and a place in a trace, in its answer and in its log lines.</summary>
/// <remarks>
/// An incoming <c>traceparent</c> continues (W3C Trace Context). The client's <c>X-Request-Id</c> is kept when it is
/// 1 to <see cref="MaxIdLength"/> visible ASCII characters, else it gets a UUID v7.
/// </remarks>
internal sealed class RequestTrace(RequestDelegate next, ILogger<RequestTrace> logger)
{
    public const string RequestIdHeader = "X-Request-Id";
    private const int MaxIdLength = 128;

    public async Task InvokeAsync(HttpContext context)
    {
        var given = context.Request.Headers[RequestIdHeader];
        context.TraceIdentifier = given is [{ } id]
            && IsUsable(id) ? id : Guid.CreateVersion7().ToString("D", CultureInfo.InvariantCulture);

        context.Response.OnStarting(
            static state =>
            {
                var answered = (HttpContext)state;
                answered.Response.Headers[RequestIdHeader] = answered.TraceIdentifier;
                if (ActivityOf(answered)?.Id is { } traceParent)
                    answered.Response.Headers.TraceParent = traceParent;
                return Task.CompletedTask;
            },
            context);

        using (logger.BeginScope(new KeyValuePair<string, object?>[] { new("requestId", context.TraceIdentifier) }))
            await next(context);
    }

    /// <summary>The id of the request's trace, 32 hexadecimal digits.</summary>
    public static string IdOf(HttpContext context) => ActivityOf(context)?.TraceId.ToHexString() ?? context.TraceIdentifier;

    private static Activity? ActivityOf(HttpContext context) => context.Features.Get<IHttpActivityFeature>()?.Activity ?? Activity.Current;

    private static bool IsUsable(string id) => id.Length is > 0 and <= MaxIdLength && !id.AsSpan().ContainsAnyExceptInRange('!', '~');
}
