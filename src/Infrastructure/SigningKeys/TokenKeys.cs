using System.Text.Json;
using Portico.Application.Common;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>The key ring: the key that signs, and all keys that verify and are published.</summary>
public sealed class KeyRing
{
    /// <summary>Creates a key ring.</summary>
    /// <exception cref="ArgumentException">The signer has no private half.</exception>
    public KeyRing(TokenKey signer, IEnumerable<TokenKey> others)
    {
        if (!signer.CanSign)
            throw new ArgumentException($"Key {signer.Id} has no private half.", nameof(signer));

        Signer = signer;
        Keys = [signer, .. others.Where(key => key.Id != signer.Id).DistinctBy(key => key.Id, StringComparer.Ordinal)];
    }

    public TokenKey Signer { get; }

    /// <summary>All keys, the signer first.</summary>
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

/// <summary>The current key ring of this process; a rotation replaces it in one step.</summary>
/// <remarks>Thread-safe. Read <see cref="Current"/> once when several values must belong together.</remarks>
public sealed class TokenKeys(KeyRing? ring = null)
{
    /// <summary>What a <see cref="DependencyUnavailableException"/> names when keys can't be read.</summary>
    public const string Dependency = "PostgreSQL, which keeps the signing keys,";

    private volatile KeyRing? _current = ring;

    /// <summary>The current key ring.</summary>
    /// <exception cref="DependencyUnavailableException">The program started without PostgreSQL and has no keys yet.</exception>
    public KeyRing Current => _current ?? throw new DependencyUnavailableException(Dependency);

    public void Replace(KeyRing newRing) => _current = newRing;
}
