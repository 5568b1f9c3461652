using System.Security.Cryptography;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>The way of a signing key: published but not used yet, signing, no longer signing but still published.</summary>
public enum SigningKeyState
{
    Next,
    Current,
    Previous,
}

/// <summary>A key of access tokens as the database keeps it.</summary>
/// <remarks>
/// Sealed is the private key (PKCS#8) until it has signed for the last time, and from then on the public one (SPKI) only.
/// </remarks>
public sealed class SigningKey
{
    // For EF.
    private SigningKey()
    {
    }

    /// <summary>The <c>kid</c>.</summary>
    public string Id { get; private set; } = "";

    public string Algorithm { get; private set; } = "";

    public SigningKeyState State { get; private set; }

    public byte[] SealedKey { get; private set; } = [];

    /// <summary>Since when verifiers can know it.</summary>
    public DateTimeOffset PublishedAt { get; private set; }

    /// <summary>From when on it may sign.</summary>
    public DateTimeOffset ReadyAt { get; private set; }

    public DateTimeOffset? SignsSince { get; private set; }

    /// <summary>Until when a token that it signed may be alive.</summary>
    public DateTimeOffset? PublishedUntil { get; private set; }

    /// <summary>What it is sealed for, in words.</summary>
    private string Purpose => $"{State.ToString().ToLowerInvariant()} {Algorithm} signing key {Id}";

    public static SigningKey New(TokenKey key, DateTimeOffset now, TimeSpan lead, KeySealing sealing)
    {
        var made = new SigningKey
        {
            Id = key.Id,
            Algorithm = key.Algorithm,
            State = SigningKeyState.Next,
            PublishedAt = now,
            ReadyAt = now + lead
        };
        made.Seal(key.ExportPrivate(), sealing);
        return made;
    }

    /// <exception cref="SealedKeyException">It can't be opened, or is not the key that it says it is.</exception>
    public TokenKey Open(KeySealing sealing)
    {
        var bytes = sealing.Open(SealedKey, Purpose);
        try
        {
            var key = TokenKey.Import(Algorithm, bytes, isPrivate: State != SigningKeyState.Previous);
            return key.Id == Id ? key : throw new SealedKeyException($"The {Purpose} holds another key.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    public void Promote(DateTimeOffset now, KeySealing sealing)
    {
        var key = Open(sealing);
        (State, SignsSince) = (SigningKeyState.Current, now);
        Seal(key.ExportPrivate(), sealing);
    }

    public void Retire(DateTimeOffset now, TimeSpan retention, KeySealing sealing)
    {
        var key = Open(sealing);
        (State, PublishedUntil) = (SigningKeyState.Previous, now + retention);
        Seal(key.ExportPublic(), sealing);
    }

    /// <summary>Seals it under today's sealing key.</summary>
    /// <returns>Whether it was not already.</returns>
    public bool Reseal(KeySealing sealing)
    {
        if (sealing.IsOfToday(SealedKey))
            return false;

        Seal(sealing.Open(SealedKey, Purpose), sealing);
        return true;
    }

    private void Seal(byte[] key, KeySealing sealing)
    {
        SealedKey = sealing.Seal(key, Purpose);
        CryptographicOperations.ZeroMemory(key);
    }
}
