namespace Portico.WebApi.Errors;

/// <summary>Why a request was not fulfilled (RFC 9457).</summary>
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
