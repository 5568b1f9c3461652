namespace Portico.WebApi.Http;

/// <summary>Why a request was not fulfilled (RFC 9457).</summary>
/// <example>
/// {"type":"urn:portico:error:validation_failed","title":"Bad Request","status":400,"detail":"Some fields are not valid.",
/// "instance":"/api/v1/auth/login","code":"validation_failed","traceId":"09dba260dee9bc854943c9e18494fd58",
/// "errors":{"email":["Give exactly one of email and phone."]}}
/// </example>
public sealed record Problem
{
    public const string MediaType = "application/problem+json";

    /// <summary>Names the kind of problem for good: <c>urn:portico:error:</c> and the code.</summary>
    public required string Type { get; init; }

    /// <summary>The status in words.</summary>
    public required string Title { get; init; }

    public required int Status { get; init; }

    /// <summary>A sentence for a person.</summary>
    public required string Detail { get; init; }

    /// <summary>The path that was asked for.</summary>
    public required string Instance { get; init; }

    /// <summary>The stable, snake_case code for programs.</summary>
    public required string Code { get; init; }

    /// <summary>The trace of the request (W3C Trace Context), to quote in a report.</summary>
    public required string TraceId { get; init; }

    /// <summary>The messages of each refused field, by its JSON path; <c>$</c> is the body as a whole. Only with status 400.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
}
