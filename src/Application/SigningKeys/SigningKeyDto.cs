namespace Portico.Application.SigningKeys;

/// <summary>What a signing key does now: it is published but does not sign yet, it signs, or it no longer signs.</summary>
public enum KeyState
{
    Next = 1,
    Current = 2,
    Previous = 3,
}

/// <summary>A step in the life of a signing key.</summary>
public enum KeyStep
{
    Made = 1,
    Promoted = 2,
    Retired = 3,
    Removed = 4,
    Dropped = 5,
}

/// <summary>A key that signs access tokens, without its private half.</summary>
/// <param name="Id">The <c>kid</c>, an RFC 7638 thumbprint.</param>
/// <param name="Algorithm">RS256 or ES256.</param>
/// <param name="State">What it does now.</param>
/// <param name="PublishedAt">When verifiers could read it for the first time.</param>
/// <param name="ReadyAt">When it may begin to sign.</param>
/// <param name="SignsSince">When it began to sign.</param>
/// <param name="PublishedUntil">When a previous key is removed.</param>
/// <param name="TokensValidUntil">Until when tokens that it has signed may be valid: they become invalid if it is dropped.</param>
/// <example>
/// {"id":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs","algorithm":"RS256","state":"current","publishedAt":"2026-11-20T10:00:00Z",
/// "readyAt":"2026-11-21T10:00:00Z","signsSince":"2026-11-21T10:00:00Z","publishedUntil":null,"tokensValidUntil":"2026-11-21T10:05:30Z"}
/// </example>
public sealed record SigningKeyDto(
    string Id, string Algorithm, KeyState State, DateTimeOffset PublishedAt, DateTimeOffset ReadyAt, DateTimeOffset? SignsSince,
    DateTimeOffset? PublishedUntil, DateTimeOffset? TokensValidUntil);

/// <summary>The steps that signing keys have taken, in their order.</summary>
/// <example>{"items":[{"step":"retired","id":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}]}</example>
public sealed record SigningKeyChangesDto(IReadOnlyList<SigningKeyStepDto> Items);

/// <summary>A step of a signing key.</summary>
/// <example>{"step":"retired","id":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}</example>
public sealed record SigningKeyStepDto(KeyStep Step, string Id);
