using Microsoft.Net.Http.Headers;

namespace Portico.WebApi.Http;

/// <summary>Sets the headers of every answer: those for security, and the ids of the request.</summary>
internal sealed class SecurityHeaders(RequestDelegate next, IHostEnvironment environment, Draining draining)
{
    private const string ApiPolicy = "default-src 'none'; frame-ancestors 'none'";

    private readonly bool _isDevelopment = environment.IsDevelopment();

    public Task InvokeAsync(HttpContext context)
    {
        // One callback, because each costs every request.
        context.Response.OnStarting(
            static state =>
            {
                var (headers, answered) = (Starting)state;
                headers.Apply(answered);
                RequestTrace.Name(answered);
                return Task.CompletedTask;
            },
            new Starting(this, context));
        return next(context);
    }

    private void Apply(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY";
        if (headers.ContentSecurityPolicy.Count == 0)
            headers.ContentSecurityPolicy = ApiPolicy;
        // Without TLS browsers ignore the header, and RFC 6797 (7.2) forbids it.
        if (!_isDevelopment && context.Request.IsHttps)
            headers.StrictTransportSecurity = "max-age=31536000; includeSubDomains";
        // Most answers contain tokens or personal data; an answer that may be cached sets its own header.
        if (headers.CacheControl.Count == 0 && context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
            headers.CacheControl = "no-store";
        // The cookie does not keep shared caches from storing an answer, as an Authorization header does (RFC 9111, 3.5).
        if (context.Features.Get<AuthenticatedCaller>() is { Cookie: not null }
            && CacheControlHeaderValue.TryParse(headers.CacheControl.ToString(), out var caching) && !caching.NoStore)
        {
            (caching.Private, caching.Public, caching.SharedMaxAge) = (true, false, null);
            headers.CacheControl = caching.ToString();
        }

        // The CORS headers depend on the origin, also when they are absent, and a shared cache must know it.
        if (headers.CacheControl.ToString().Contains(CacheControlHeaderValue.PublicString, StringComparison.OrdinalIgnoreCase)
            && !headers.Vary.ToString().Contains(HeaderNames.Origin, StringComparison.OrdinalIgnoreCase))
            headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        // So clients move to another replica before the connection closes during a request.
        if (draining.HasBegun && HttpProtocol.IsHttp11(context.Request.Protocol))
            headers.Connection = "close";
    }

    private sealed record Starting(SecurityHeaders Headers, HttpContext Answered);
}
