namespace Portico.Domain.Common;

/// <summary>The kind of an expected error, independent of the protocol.</summary>
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

/// <summary>An expected error: its kind, its stable code, and a sentence for a person.</summary>
/// <remarks>The code is snake_case, part of the contract and listed in <c>docs/api/errors.md</c>.</remarks>
public sealed record Error(ErrorKind Kind, string Code, string Message)
{
    /// <summary>The messages of each invalid field, by its camelCase JSON path; empty when the error is not about a field.</summary>
    public IReadOnlyDictionary<string, string[]> Fields { get; init; } = new Dictionary<string, string[]>(StringComparer.Ordinal);

    /// <summary>The camelCase JSON path of the item that was refused, in a request with several items.</summary>
    public string? Path { get; init; }

    /// <summary>How long to wait before the next try.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
