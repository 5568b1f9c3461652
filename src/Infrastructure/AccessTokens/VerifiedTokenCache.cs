using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Portico.Application.Common.Security;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Remembers the access tokens that were found good, so that each is verified once and not with every request.</summary>
/// <remarks>
/// Only what depends on the token alone: it is forgotten with the keys of its time, and its end is judged every time. Kept is a hash of it,
/// never the token. At most 20,000 are remembered; those that have not come for longest are forgotten.
/// </remarks>
public sealed class VerifiedTokenCache(AccessTokenValidator validator, TokenKeys keys, TokenSettings settings, TimeProvider clock)
{
    private const int MaxPerGeneration = 10_000;

    private Generations? _tokens;

    /// <summary>How many it remembers.</summary>
    public int Count => Volatile.Read(ref _tokens) is { } tokens ? tokens.Young.Count + tokens.Old.Count : 0;

    /// <summary>Judges as <see cref="AccessTokenValidator"/> does.</summary>
    public bool TryValidate(ReadOnlySpan<char> token, [NotNullWhen(true)] out AccessTokenClaims? claims, out TokenError refusal)
    {
        if (token.Length > AccessTokenValidator.MaxLength)
            return validator.TryValidate(token, out claims, out refusal);

        var ring = keys.Current;
        var tokens = Volatile.Read(ref _tokens);
        if (tokens?.Ring != ring)
            Volatile.Write(ref _tokens, tokens = new Generations(ring, [], []));

        var now = clock.GetUtcNow();
        var id = Hash(token);
        if (tokens.Find(id) is { } known && known.SeenAt <= now && now < known.Claims.ExpiresAt + settings.ClockSkew)
        {
            (claims, refusal) = (known.Claims, TokenError.None);
            return true;
        }

        if (!validator.TryValidate(token, out claims, out refusal))
            return false;

        // Should the keys have changed in between, it was judged by the newer ones and is noted among the older, where nobody looks any
        // more.
        tokens.Young[id] = new Known(claims, now);
        if (tokens.Young.Count >= MaxPerGeneration)
            Interlocked.CompareExchange(ref _tokens, new Generations(ring, [], tokens.Young), tokens);
        return true;
    }

    private static TokenHash Hash(ReadOnlySpan<char> token)
    {
        TokenHash hash = default;
        SHA256.HashData(MemoryMarshal.AsBytes(token), MemoryMarshal.AsBytes(new Span<TokenHash>(ref hash)));
        return hash;
    }

    private readonly record struct TokenHash(UInt128 High, UInt128 Low);

    private sealed record Known(AccessTokenClaims Claims, DateTimeOffset SeenAt);

    /// <summary>Whoever comes is moved among the young; when these are many, the old are forgotten and the young grow old.</summary>
    private sealed record Generations(
        KeyRing Ring, ConcurrentDictionary<TokenHash, Known> Young, ConcurrentDictionary<TokenHash, Known> Old)
    {
        public Known? Find(TokenHash id)
        {
            if (Young.TryGetValue(id, out var known))
                return known;
            if (Old.TryGetValue(id, out known))
                Young.TryAdd(id, known);
            return known;
        }
    }
}
