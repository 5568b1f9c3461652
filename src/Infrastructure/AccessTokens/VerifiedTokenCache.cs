using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Portico.Application.Common.Security;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Caches valid access tokens, so that each signature is verified once and not with every request.</summary>
/// <remarks>
/// The cache is dropped when the keys change, and the expiry is checked every time. It stores a hash of a token, never the token.
/// At most 20,000 tokens are cached; the least recently used are evicted. Thread-safe.
/// </remarks>
public sealed class VerifiedTokenCache(AccessTokenValidator validator, TokenKeys keys, TokenSettings settings, TimeProvider clock)
{
    private const int MaxPerGeneration = 10_000;

    private Generations? _tokens;

    /// <summary>The number of cached tokens.</summary>
    public int Count => Volatile.Read(ref _tokens) is { } tokens ? tokens.Young.Count + tokens.Old.Count : 0;

    /// <summary>Validates a token like <see cref="AccessTokenValidator"/>.</summary>
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

        // If the keys changed in between, the token goes into the old cache, which is no longer read.
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

    /// <summary>A used entry moves to the young generation; when it is full, it replaces the old one, whose entries are evicted.</summary>
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
