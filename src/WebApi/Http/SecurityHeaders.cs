namespace Portico.WebApi.Http;

/// <summary>Sets on every answer what keeps a browser from doing more with it than is meant.</summary>
internal sealed class SecurityHeaders(RequestDelegate next, IHostEnvironment environment, Draining draining)
{
    private const string ApiPolicy = "default-src 'none'; frame-ancestors 'none'";

    private readonly bool _isDevelopment = environment.IsDevelopment();

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(() =>
        {
            Apply(context);
            return Task.CompletedTask;
        });
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
        // A browser ignores it without TLS, and RFC 6797 (7.2) forbids it there.
        if (!_isDevelopment && context.Request.IsHttps)
            headers.StrictTransportSecurity = "max-age=31536000; includeSubDomains";
        // Tokens and people's data are the rule here; what may be kept says so itself.
        if (headers.CacheControl.Count == 0 && context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
            headers.CacheControl = "no-store";
        // Clients move to another replica before the connection closes under a request of theirs.
        if (draining.HasBegun && HttpProtocol.IsHttp11(context.Request.Protocol))
            headers.Connection = "close";
    }
}
