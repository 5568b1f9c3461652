namespace Portico.WebApi.Http;

/// <summary>Problem Details: the error of a request (RFC 9457).</summary>
/// <example>
/// {"type":"urn:portico:error:validation_failed","title":"Bad Request","status":400,"detail":"Some fields are not valid.",
/// "instance":"/api/v1/auth/login","code":"validation_failed","traceId":"09dba260dee9bc854943c9e18494fd58",
/// "errors":{"email":["Give exactly one of email and phone."]}}
/// </example>
public sealed record Problem
{
    public const string MediaType = "application/problem+json";

    /// <summary>The stable URI of the kind of problem: <c>urn:portico:error:</c> and the code.</summary>
    public required string Type { get; init; }

    /// <summary>The name of the HTTP status.</summary>
    public required string Title { get; init; }

    public required int Status { get; init; }

    /// <summary>A message for people.</summary>
    public required string Detail { get; init; }

    /// <summary>The path of the request.</summary>
    public required string Instance { get; init; }

    /// <summary>The stable, snake_case code for programs.</summary>
    public required string Code { get; init; }

    /// <summary>The id of the trace of the request (W3C Trace Context), for error reports.</summary>
    public required string TraceId { get; init; }

    /// <summary>The error code of OAuth 2.0 (RFC 6749, 5.2) for libraries; only of the token endpoint, with status 400 and 401.</summary>
    public string? Error { get; init; }

    /// <summary>The JSON path of the item that was refused, such as <c>transfers[2]</c>; only if the request had several items.</summary>
    public string? Path { get; init; }

    /// <summary>The messages of each invalid field, by its JSON path; <c>$</c> is the whole body. Only with status 400.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
}
