namespace Portico.WebApi.Http;

/// <summary>The errors before or around a use case. The codes are part of the contract: see <c>docs/api/errors.md</c>.</summary>
internal static class HttpErrors
{
    public static readonly HttpError BadRequest = new(400, "bad_request", "The request is not valid HTTP.");
    public static readonly HttpError MalformedJson = new(400, "malformed_json", "The body is not valid JSON.");
    public static readonly HttpError ValidationFailed = new(400, "validation_failed", "Some fields are not valid.");
    public static readonly HttpError Unauthenticated = new(401, "unauthenticated", "Sign in first: a valid access token is needed.");
    public static readonly HttpError Forbidden = new(403, "forbidden", "This is not allowed.");
    public static readonly HttpError CrossSiteRequest = new(
        403, "cross_site_request", "With the cookie this call needs the header X-CSRF: 1 and an Origin that is allowed here.");
    public static readonly HttpError NotFound = new(404, "not_found", "There is nothing at this address.");
    public static readonly HttpError MethodNotAllowed = new(
        405, "method_not_allowed", "This address does not take that method. See the Allow header.");
    public static readonly HttpError NotAcceptable = new(
        406, "not_acceptable", "The answer is not available in any media type of the Accept header.");
    public static readonly HttpError RequestTimeout = new(408, "request_timeout", "The request did not arrive in time.");
    public static readonly HttpError BodyTooLarge = new(413, "body_too_large", "The body is too large.");
    public static readonly HttpError UriTooLong = new(414, "uri_too_long", "The address with its query is too long.");
    public static readonly HttpError UnsupportedMediaType = new(
        415, "unsupported_media_type", "Send the body as application/json in UTF-8, without a Content-Encoding.");
    public static readonly HttpError TooManyRequests = new(429, "too_many_requests", "Too many requests. Wait before you try again.");
    public static readonly HttpError TooManyStreams = new(
        429, "too_many_streams", "This session has too many open event streams. Close some.");
    public static readonly HttpError HeadersTooLarge = new(431, "headers_too_large", "The header fields are too large.");
    public static readonly HttpError InternalError = new(
        500, "internal_error", "Something went wrong on our side. Quote the traceId when you report it.");
    public static readonly HttpError ServiceFailed = new(
        502, "service_failed", "The service behind this address failed. Quote the traceId when you report it.");
    public static readonly HttpError Timeout = new(504, "timeout", "The request took too long and was cancelled. Its outcome is unknown.");

    public static readonly HttpError DependencyUnavailable =
        new(
            503,
            "dependency_unavailable",
            "A service that this request needs does not answer. Try again soon.")
        { RetryAfter = TimeSpan.FromSeconds(2) };

    /// <summary>All of these errors.</summary>
    public static IReadOnlyList<HttpError> All { get; } =
    [
        BadRequest, MalformedJson, ValidationFailed, Unauthenticated, Forbidden, CrossSiteRequest, NotFound, MethodNotAllowed,
        NotAcceptable, RequestTimeout, BodyTooLarge, UriTooLong, UnsupportedMediaType, TooManyRequests, TooManyStreams, HeadersTooLarge,
        InternalError, ServiceFailed, DependencyUnavailable, Timeout,
    ];

    /// <summary>The error for an answer that has a status but no body.</summary>
    public static HttpError OfStatus(int status) =>
        All.FirstOrDefault(refusal => refusal.Status == status && refusal != MalformedJson && refusal != ValidationFailed) ??
        (status < StatusCodes.Status500InternalServerError ? BadRequest with { Status = status } : InternalError with { Status = status });
}
