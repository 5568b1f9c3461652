using System.Security.Cryptography;
using System.Text;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>Encrypts signing keys with <c>Tokens:SealingKey</c>, which the database never has (AES-256-GCM).</summary>
/// <remarks>
/// The ciphertext is bound to its purpose: after a change of the state or algorithm in a row, its key can't be decrypted any more.
/// Format: a format byte, the name of the sealing key, nonce, tag, ciphertext. The nonce is random, because a sealing key encrypts only a
/// few keys a month.
/// </remarks>
public sealed class KeySealing
{
    private const byte Format = 1;
    private const int NameLength = 8;
    private const int NonceAt = 1 + NameLength;
    private const int TagAt = NonceAt + NonceLength;
    private const int TextAt = TagAt + TagLength;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int KeyLength = 32;

    private readonly (byte[] Name, byte[] Key)[] _keys;

    public KeySealing(TokenSettings settings) => _keys =
    [
        .. ((string[])[settings.SealingKey, settings.OtherSealingKey])
        .Where(key => key.Length > 0)
        .Select(key => Derive(Convert.FromBase64String(key))),
    ];

    /// <summary>Encrypts a signing key for a purpose.</summary>
    public byte[] Seal(ReadOnlySpan<byte> key, string purpose)
    {
        var (name, sealing) = _keys[0];
        var result = new byte[TextAt + key.Length];
        result[0] = Format;
        name.CopyTo(result, 1);
        RandomNumberGenerator.Fill(result.AsSpan(NonceAt, NonceLength));
        using var aes = new AesGcm(sealing, TagLength);
        aes.Encrypt(
            result.AsSpan(NonceAt, NonceLength),
            key,
            result.AsSpan(TextAt),
            result.AsSpan(TagAt, TagLength),
            Encoding.UTF8.GetBytes(purpose));
        return result;
    }

    /// <summary>Decrypts a signing key for its purpose.</summary>
    /// <exception cref="SealedKeyException">
    /// The key was sealed with an unknown sealing key or for another purpose, or it was changed.
    /// </exception>
    public byte[] Open(ReadOnlySpan<byte> sealedKey, string purpose)
    {
        if (sealedKey.Length < TextAt || sealedKey[0] != Format)
            throw new SealedKeyException($"The {purpose} is damaged: it does not have the format of a sealed key.");
        return Open(Find(sealedKey, purpose), sealedKey, purpose);
    }

    /// <summary>Checks that a key was sealed with a known sealing key, before a new key takes its place.</summary>
    /// <remarks>A damaged key passes, because it may be replaced.</remarks>
    /// <exception cref="SealedKeyException">The servers have another sealing key, and could not open the new key.</exception>
    public void RequireKnown(ReadOnlySpan<byte> sealedKey, string purpose)
    {
        if (sealedKey.Length >= TextAt && sealedKey[0] == Format)
            Find(sealedKey, purpose);
    }

    /// <summary>Whether a key is sealed with the current sealing key.</summary>
    public bool IsOfToday(ReadOnlySpan<byte> sealedKey) =>
        sealedKey.Length >= TextAt && sealedKey.Slice(1, NameLength).SequenceEqual(_keys[0].Name);

    private byte[] Find(ReadOnlySpan<byte> sealedKey, string purpose)
    {
        var name = sealedKey.Slice(1, NameLength);
        foreach (var key in _keys)
        {
            if (key.Name.AsSpan().SequenceEqual(name))
                return key.Key;
        }

        throw new SealedKeyException(
            $"Tokens:SealingKey does not open the {purpose}: it was sealed with the key named {Convert.ToHexStringLower(name)}, "
            + $"and the key of the settings is named {Convert.ToHexStringLower(_keys[0].Name)}. "
            + "Set the first one as Tokens:SealingKey, or as Tokens:OtherSealingKey in addition to the new one.");
    }

    private static byte[] Open(byte[] key, ReadOnlySpan<byte> sealedKey, string purpose)
    {
        var result = new byte[sealedKey.Length - TextAt];
        try
        {
            using var aes = new AesGcm(key, TagLength);
            aes.Decrypt(
                sealedKey.Slice(NonceAt, NonceLength),
                sealedKey[TextAt..],
                sealedKey.Slice(TagAt, TagLength),
                result,
                Encoding.UTF8.GetBytes(purpose));
            return result;
        }
        catch (AuthenticationTagMismatchException changed)
        {
            throw new SealedKeyException(
                $"The {purpose} was changed after it was sealed: somebody wrote into the database.", changed);
        }
    }

    private static (byte[] Name, byte[] Key) Derive(byte[] secret) => (
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, NameLength, info: "portico sealing key: name"u8.ToArray()),
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeyLength, info: "portico sealing key: signing keys"u8.ToArray()));
}

/// <summary>A sealed signing key can't be decrypted; the message gives the reason and contains no part of a key.</summary>
public sealed class SealedKeyException(string message, Exception? cause = null) : Exception(message, cause);
