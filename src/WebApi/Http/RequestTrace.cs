using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Portico.Domain.Common;

namespace Portico.WebApi.Http;

/// <summary>Gives every request an id and a trace, for its answer and its log lines.</summary>
/// <remarks>
/// An incoming <c>traceparent</c> is continued (W3C Trace Context). An <c>X-Request-Id</c> of the client is used when it has
/// 1 to <see cref="MaxIdLength"/> visible ASCII characters; otherwise the id is a new UUID v7.
/// </remarks>
internal sealed class RequestTrace(RequestDelegate next)
{
    public const string RequestIdHeader = "X-Request-Id";
    private const int MaxIdLength = 128;

    public async Task InvokeAsync(HttpContext context)
    {
        CurrentRequestId.Value = context.TraceIdentifier = context.Request.Headers[RequestIdHeader] is [{ } id] && IsUsable(id)
            ? id
            : Ids.New(DateTimeOffset.UtcNow).ToString("D", CultureInfo.InvariantCulture);
        // Awaited, so that the id ends with the request.
        await next(context);
    }

    /// <summary>Names the request and its trace in the headers of the answer.</summary>
    public static void Name(HttpContext context)
    {
        context.Response.Headers[RequestIdHeader] = context.TraceIdentifier;
        if (ActivityOf(context)?.Id is { } traceParent)
            context.Response.Headers.TraceParent = traceParent;
    }

    /// <summary>The trace id of the request, 32 hexadecimal digits.</summary>
    public static string IdOf(HttpContext context) => ActivityOf(context)?.TraceId.ToHexString() ?? context.TraceIdentifier;

    private static Activity? ActivityOf(HttpContext context) => context.Features.Get<IHttpActivityFeature>()?.Activity ?? Activity.Current;

    private static bool IsUsable(string id) => id.Length is > 0 and <= MaxIdLength && !id.AsSpan().ContainsAnyExceptInRange('!', '~');
}
