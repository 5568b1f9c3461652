using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Security;
using Portico.WebApi.Http;
using Yarp.ReverseProxy.Forwarder;
using CacheControlHeaderValue = System.Net.Http.Headers.CacheControlHeaderValue;

namespace Portico.WebApi.Gateway;

/// <summary>One request to a service: what of it and of its answer passes the gateway.</summary>
internal sealed class GatewayCall(
    GatewayService service, PathString rest, string? token, string issuer, AccessTokenClaims? caller, ICacheReport report)
    : HttpTransformer
{
    private const string OwnCookies = "__Host-";
    private const string OwnSecureCookies = "__Secure-";
    private const string OwnDevelopmentCookies = "portico";

    private readonly TaskCompletionSource _streams = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What Portico answers instead of the service, once its answer is known.</summary>
    public HttpError? Refusal { get; private set; }

    /// <summary>Whether the answer says that the service, or one behind it, is away.</summary>
    public bool IsOutage { get; private set; }

    /// <summary>Completes when the answer is an event stream and its head was sent.</summary>
    public Task Streams => _streams.Task;

    /// <summary>The cache and the key of the answer, when it may be kept.</summary>
    public (GatewayCache Cache, GatewayCacheKey Key)? Caching { get; init; }

    /// <summary>Makes room for an event stream, and returns its body.</summary>
    public required Func<Stream, Stream?> OpenStream { get; init; }

    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        var request = httpContext.Request;
        proxyRequest.RequestUri = RequestUtilities.MakeDestinationAddress(destinationPrefix, rest, request.QueryString);
        var connection = request.Headers.GetCommaSeparatedValues(HeaderNames.Connection);
        foreach (var (name, value) in request.Headers)
        {
            // The fields that Connection names are for this connection only (RFC 9110, 7.6.1).
            if (service.SentHeaders.Contains(name) && !connection.Contains(name, StringComparer.OrdinalIgnoreCase))
                Add(proxyRequest, name, IsCookie(name) ? CookiesOfOthers(value) : value);
        }

        if (proxyRequest.Content is { } content)
            content.Headers.ContentLength = request.Body.Length;
        if (token is not null)
            proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.Authorization, token);
        proxyRequest.Headers.TryAddWithoutValidation(RequestTrace.RequestIdHeader, httpContext.TraceIdentifier);
        // Never from the request, not even its Host: services make links from these.
        var origin = new Uri(issuer);
        proxyRequest.Headers.TryAddWithoutValidation(GatewayHeaders.ForwardedFor, httpContext.Connection.RemoteIpAddress?.ToString());
        proxyRequest.Headers.TryAddWithoutValidation(GatewayHeaders.ForwardedHost, origin.Authority);
        proxyRequest.Headers.TryAddWithoutValidation(GatewayHeaders.ForwardedProto, origin.Scheme);
        proxyRequest.Headers.TryAddWithoutValidation(GatewayHeaders.ForwardedPrefix, service.Prefix.Value);
        return default;
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
            return true;

        var response = httpContext.Response;
        if (httpContext.Features.Get<IHttpResponseFeature>() is { } feature)
            feature.ReasonPhrase = null;
        IsOutage = proxyResponse.StatusCode
            is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
        Refusal = RefusalOf(proxyResponse);
        if (Refusal is not null)
        {
            if (proxyResponse.Content.Headers.Allow.Count > 0)
                response.Headers.Allow = string.Join(", ", proxyResponse.Content.Headers.Allow);
            return false;
        }

        Copy(proxyResponse, response);
        if (proxyResponse.StatusCode == HttpStatusCode.Unauthorized)
            response.Headers.WWWAuthenticate = BearerChallenge.For(httpContext);
        if (IsMediaType(proxyResponse, EventStreams.MediaType))
            return !httpContext.IsHead() && await BeginStream(response, cancellationToken);
        return Caching is not var (cache, key) || LifetimeOf(proxyResponse) is not { } lifetime
            || !await Keep(cache, key, lifetime, httpContext, proxyResponse, cancellationToken);
    }

    public override ValueTask TransformResponseTrailersAsync(
        HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken) => default;

    private TimeSpan? LifetimeOf(HttpResponseMessage answer) =>
        GatewayCache.LifetimeOf(answer, service.Route.CacheLifetime, isShared: caller is null);

    private static void Add(HttpRequestMessage request, string name, StringValues values)
    {
        if (values.Count > 0 && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
    }

    private static bool IsCookie(string name) => name.Equals(HeaderNames.Cookie, StringComparison.OrdinalIgnoreCase);

    // A cookie with such a name holds a session of Portico.
    private static StringValues CookiesOfOthers(StringValues cookies)
    {
        var others = string.Join("; ", cookies.SelectMany(line => (line ?? "").Split(';', StringSplitOptions.TrimEntries)).Where(pair =>
            pair.Length > 0
            && !pair.StartsWith(OwnCookies, StringComparison.OrdinalIgnoreCase)
            && !pair.StartsWith(OwnSecureCookies, StringComparison.OrdinalIgnoreCase)
            && !pair.StartsWith(OwnDevelopmentCookies, StringComparison.OrdinalIgnoreCase)));
        return others.Length > 0 ? others : StringValues.Empty;
    }

    /// <summary>What Portico says instead: errors are Problem Details, or the JSON of the service for a mistake of the client.</summary>
    private HttpError? RefusalOf(HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        var isProblem = IsMediaType(answer, Problem.MediaType);
        return answer.StatusCode switch
        {
            // Nobody asked for another protocol, and no proxy is between Portico and the service.
            HttpStatusCode.SwitchingProtocols or HttpStatusCode.ProxyAuthenticationRequired => HttpErrors.ServiceFailed,
            // The token is Portico's own: the client would refresh its session for nothing, again and again.
            HttpStatusCode.Unauthorized when service.Route.Identity == GatewayIdentity.DelegatedToken && caller is not null =>
                HttpErrors.ServiceFailed,
            _ when status < StatusCodes.Status400BadRequest || isProblem => null,
            HttpStatusCode.ServiceUnavailable => HttpErrors.DependencyUnavailable with { RetryAfter = RetryAfter(answer) },
            HttpStatusCode.GatewayTimeout => HttpErrors.Timeout,
            _ when status >= StatusCodes.Status500InternalServerError => HttpErrors.ServiceFailed,
            _ when IsJson(answer) && answer.Content.Headers.ContentLength != 0 => null,
            HttpStatusCode.TooManyRequests => HttpErrors.TooManyRequests with { RetryAfter = RetryAfter(answer) },
            _ => HttpErrors.OfStatus(status),
        };
    }

    private static TimeSpan RetryAfter(HttpResponseMessage answer) =>
        answer.Headers.RetryAfter?.Delta is { } wait && wait < TimeSpan.FromHours(1) ? wait : TimeSpan.FromSeconds(2);

    private static bool IsJson(HttpResponseMessage answer) => answer.Content.Headers.ContentType?.MediaType is { } type
        && (type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));

    private static bool IsMediaType(HttpResponseMessage answer, string type) =>
        type.Equals(answer.Content.Headers.ContentType?.MediaType, StringComparison.OrdinalIgnoreCase);

    private void Copy(HttpResponseMessage answer, HttpResponse response)
    {
        var connection = answer.Headers.Connection;
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (service.ReturnedHeaders.Contains(name) && !connection.Contains(name, StringComparer.OrdinalIgnoreCase))
                response.Headers[name] = IsAddress(name) ? Published(values.ToString()) : new StringValues([.. values]);
        }

        // Other caches must not give the answer to somebody else.
        if (caller is not null && answer.Headers.CacheControl is { } control)
        {
            response.Headers.CacheControl = new CacheControlHeaderValue
            {
                Private = !control.NoStore,
                NoStore = control.NoStore,
                NoCache = control.NoCache,
                MaxAge = control.MaxAge,
                MustRevalidate = control.MustRevalidate,
            }.ToString();
            response.Headers.Remove(HeaderNames.Expires);
        }
    }

    private static bool IsAddress(string header) =>
        header.Equals(HeaderNames.Location, StringComparison.OrdinalIgnoreCase)
        || header.Equals(HeaderNames.ContentLocation, StringComparison.OrdinalIgnoreCase);

    /// <summary>An address of the service as clients reach it; any other address as it is.</summary>
    private string Published(string address)
    {
        var path = address;
        if (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
        {
            if (!uri.GetLeftPart(UriPartial.Authority).Equals(
                service.Address.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase))
                return address;
            path = uri.PathAndQuery + uri.Fragment;
        }

        if (path is not ['/', not '/', ..] and not "/")
            return address;
        if (new PathString(path.Split('?', '#')[0]).StartsWithSegments(service.Prefix, StringComparison.OrdinalIgnoreCase))
            return path;
        var root = service.Address.AbsolutePath.TrimEnd('/');
        var isBelow = path.StartsWith(root, StringComparison.Ordinal)
            && (path.Length == root.Length || path[root.Length] is '/' or '?' or '#');
        return service.Prefix + (isBelow ? path[root.Length..] : path);
    }

    private async Task<bool> BeginStream(HttpResponse response, CancellationToken cancellationToken)
    {
        if (OpenStream(response.Body) is not { } body)
        {
            Refusal = HttpErrors.DependencyUnavailable;
            return false;
        }

        response.Body = body;
        response.SendAtOnce();
        await response.StartAsync(cancellationToken);
        _streams.SetResult();
        return true;
    }

    /// <summary>Reads the answer, keeps it and sends it.</summary>
    /// <returns><c>false</c> when the answer is too large; its beginning was sent.</returns>
    private async Task<bool> Keep(
        GatewayCache cache, GatewayCacheKey key, TimeSpan lifetime, HttpContext context, HttpResponseMessage answer,
        CancellationToken cancellationToken)
    {
        var response = context.Response;
        var headers = service.ReturnedHeaders.Where(name => response.Headers.ContainsKey(name))
            .Select(name => KeyValuePair.Create(name, response.Headers[name])).ToArray();
        var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        var read = 0;
        while (body.Length <= GatewayCache.MaxAnswer && (read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            body.Write(buffer, 0, read);
        var isWhole = read == 0;
        if (isWhole)
        {
            cache.Keep(key, context.Request.Headers, headers, answer.Headers.Vary, body.ToArray(), lifetime);
            report.Report(new CacheUse(CacheUseKind.Miss, default, default));
            response.ContentLength = body.Length;
        }

        await response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), cancellationToken);
        return isWhole;
    }
}
