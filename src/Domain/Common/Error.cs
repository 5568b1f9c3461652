namespace Portico.Domain.Common;

/// <summary>What an expected refusal means, whatever carries the answer.</summary>
public enum ErrorKind
{
    Validation,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    PreconditionFailed,
    PreconditionRequired,
    Unprocessable,
    TooManyRequests,
    Unavailable,
}

/// <summary>An expected refusal: what it means, its stable code, and a sentence for a person.</summary>
/// <remarks>The code is snake_case, part of the contract and listed in <c>docs/api/errors.md</c>.</remarks>
public sealed record Error(ErrorKind Kind, string Code, string Message)
{
    /// <summary>The messages of each refused field, by its camelCase JSON path; empty when no field is to blame.</summary>
    public IReadOnlyDictionary<string, string[]> Fields { get; init; } = new Dictionary<string, string[]>(StringComparer.Ordinal);

    /// <summary>How long to wait before another try makes sense.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
