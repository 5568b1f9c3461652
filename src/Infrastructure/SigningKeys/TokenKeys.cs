using System.Text.Json;
using Portico.Application.Common;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>The keys at one moment: the one that signs, and all that verify and are published.</summary>
public sealed class KeyRing
{
    /// <exception cref="ArgumentException">The signer has no private half.</exception>
    public KeyRing(TokenKey signer, IEnumerable<TokenKey> others)
    {
        if (!signer.CanSign)
            throw new ArgumentException($"The private half of key {signer.Id} is not here.", nameof(signer));

        Signer = signer;
        Keys = [signer, .. others.Where(key => key.Id != signer.Id).DistinctBy(key => key.Id, StringComparer.Ordinal)];
    }

    public TokenKey Signer { get; }

    /// <summary>The signer first.</summary>
    public IReadOnlyList<TokenKey> Keys { get; }

    public TokenKey? Find(JsonElement id)
    {
        foreach (var key in Keys)
        {
            if (id.ValueEquals(key.IdUtf8))
                return key;
        }

        return null;
    }
}

/// <summary>The keys of now; a rotation replaces all of them in one step.</summary>
/// <remarks>Who needs several answers about one moment takes <see cref="Current"/> once.</remarks>
public sealed class TokenKeys
{
    private volatile KeyRing? _current;

    public TokenKeys()
    {
    }

    public TokenKeys(KeyRing ring) => _current = ring;

    /// <exception cref="DependencyUnavailableException">The program started without PostgreSQL, where they are.</exception>
    public KeyRing Current => _current ?? throw new DependencyUnavailableException("PostgreSQL, which keeps the signing keys,");

    public void Replace(KeyRing ring) => _current = ring;
}
