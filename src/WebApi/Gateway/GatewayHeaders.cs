using System.Collections.Frozen;
using Microsoft.Net.Http.Headers;

namespace Portico.WebApi.Gateway;

/// <summary>The header fields that pass the gateway. Any other field is dropped, so no unknown one can claim an identity.</summary>
internal static class GatewayHeaders
{
    public const string ForwardedPrefix = "X-Forwarded-Prefix";
    public const string ForwardedFor = "X-Forwarded-For";
    public const string ForwardedHost = "X-Forwarded-Host";
    public const string ForwardedProto = "X-Forwarded-Proto";

    private static readonly FrozenSet<string> Requests = Set(
        HeaderNames.Accept, HeaderNames.AcceptCharset, HeaderNames.AcceptEncoding, HeaderNames.AcceptLanguage, HeaderNames.CacheControl,
        HeaderNames.ContentDisposition, HeaderNames.ContentEncoding, HeaderNames.ContentLanguage, HeaderNames.ContentType,
        HeaderNames.IfMatch, HeaderNames.IfModifiedSince, HeaderNames.IfNoneMatch, HeaderNames.IfRange, HeaderNames.IfUnmodifiedSince,
        "Idempotency-Key", "Last-Event-ID", "Prefer", HeaderNames.Range, HeaderNames.UserAgent);

    private static readonly FrozenSet<string> Responses = Set(
        HeaderNames.AcceptRanges, HeaderNames.Allow, HeaderNames.CacheControl, HeaderNames.ContentDisposition, HeaderNames.ContentEncoding,
        HeaderNames.ContentLanguage, HeaderNames.ContentLength, HeaderNames.ContentLocation, HeaderNames.ContentRange,
        HeaderNames.ContentType, "Deprecation", HeaderNames.ETag, HeaderNames.Expires, HeaderNames.LastModified, HeaderNames.Link,
        HeaderNames.Location, "Preference-Applied", HeaderNames.RetryAfter, "Sunset", HeaderNames.Vary);

    // Some servers read X_User as X-User, so names are compared with hyphens.
    private static readonly string[] NeverSent =
    [
        "Authorization", "Baggage", "Connection", "Content-Length", "Correlation-Context", "Expect", "Forwarded", "Host", "Keep-Alive",
        "Origin", "Proxy-", "Remote-", "TE", "Trace", "Trailer", "Transfer-Encoding", "True-Client-IP", "Upgrade", "Via", "X-Auth",
        "X-Client-", "X-Forwarded", "X-HTTP-Method", "X-Method-Override", "X-Original-", "X-Portico", "X-Real-IP", "X-Remote-",
        "X-Request-Id", "X-Rewrite-", "X-User",
    ];

    private static readonly string[] NeverReturned =
    [
        "Access-Control-", "Age", "Alt-Svc", "Cache-Status", "Clear-Site-Data", "Connection", "Content-Length", "Content-Security-Policy",
        "Cross-Origin-", "Date", "Keep-Alive", "NEL", "Origin-Agent-Cluster", "Permissions-Policy", "Proxy-", "Public-Key-Pins",
        "RateLimit", "Referrer-Policy", "Refresh", "Report", "Server", "Service-Worker-", "Set-Cookie", "Strict-Transport-Security", "TE",
        "Trace", "Trailer", "Transfer-Encoding", "Upgrade", "WWW-Authenticate", "X-Accel-", "X-Content-Type-Options", "X-Frame-Options",
        "X-Powered-By", "X-Request-Id",
    ];

    /// <summary>The header fields that a service gets, with those of its route.</summary>
    public static FrozenSet<string> SentTo(GatewayRoute route) => Set([.. Requests, .. route.RequestHeaders]);

    /// <summary>The header fields that a client gets, with those of the route.</summary>
    public static FrozenSet<string> ReturnedFrom(GatewayRoute route) => Set([.. Responses, .. route.ResponseHeaders]);

    /// <summary>Whether a route may add the header field to those that its service gets.</summary>
    public static bool MayBeSent(string name) => IsField(name) && !StartsWithAny(name, NeverSent);

    /// <summary>Whether a route may add the header field to those that the client gets.</summary>
    public static bool MayBeReturned(string name) => IsField(name) && !StartsWithAny(name, NeverReturned);

    private static bool StartsWithAny(string name, string[] starts) =>
        Array.Exists(starts, start => name.StartsWith(start, StringComparison.OrdinalIgnoreCase));

    private static bool IsField(string name) =>
        name.Length is > 0 and <= 64 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-');

    private static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
