using System.Diagnostics.CodeAnalysis;
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

    private OfKeys? _tokens;

    /// <summary>The number of cached tokens.</summary>
    public int Count => Volatile.Read(ref _tokens) is { } tokens ? tokens.Cache.Count : 0;

    /// <summary>Validates a token like <see cref="AccessTokenValidator"/>.</summary>
    public bool TryValidate(ReadOnlySpan<char> token, [NotNullWhen(true)] out AccessTokenClaims? claims, out TokenError refusal)
    {
        if (token.Length > AccessTokenValidator.MaxLength)
            return validator.TryValidate(token, out claims, out refusal);

        var ring = keys.Current;
        var tokens = Volatile.Read(ref _tokens);
        if (tokens?.Ring != ring)
            Volatile.Write(ref _tokens, tokens = new OfKeys(ring, new RecentlyUsedCache<TextHash, Known>(MaxPerGeneration)));

        var now = clock.GetUtcNow();
        var id = TextHash.Of(token);
        if (tokens.Cache.Find(id) is { } known && known.SeenAt <= now && now < known.Claims.ExpiresAt + settings.ClockSkew)
        {
            (claims, refusal) = (known.Claims, TokenError.None);
            return true;
        }

        if (!validator.TryValidate(token, out claims, out refusal))
            return false;

        // If the keys changed in between, the token goes into the old cache, which is no longer read.
        tokens.Cache.Set(id, new Known(claims, now));
        return true;
    }

    private sealed record Known(AccessTokenClaims Claims, DateTimeOffset SeenAt);

    private sealed record OfKeys(KeyRing Ring, RecentlyUsedCache<TextHash, Known> Cache);
}
