using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Ed25519 = Org.BouncyCastle.Math.EC.Rfc8032.Ed25519;

namespace Portico.Infrastructure.HashChain;

/// <summary>An Ed25519 key (RFC 8032) that signs heads of the chain.</summary>
internal sealed class ChainKey
{
    public const int PublicLength = 32;
    public const int SignatureLength = 64;

    private readonly Ed25519PrivateKeyParameters _key;

    private ChainKey(byte[] seed)
    {
        _key = new Ed25519PrivateKeyParameters(seed);
        PublicKey = _key.GeneratePublicKey().GetEncoded();
        Id = IdOf(PublicKey);
    }

    public string Id { get; }
    public byte[] PublicKey { get; }

    public static ChainKey Generate() => new(RandomNumberGenerator.GetBytes(Ed25519.SecretKeySize));

    public static ChainKey Import(byte[] seed) => new(seed);

    public byte[] Export() => _key.GetEncoded();

    public byte[] Sign(long height, byte[] hash)
    {
        var message = Message(height, hash);
        var signature = new byte[SignatureLength];
        _key.Sign(Ed25519.Algorithm.Ed25519, null, message, 0, message.Length, signature, 0);
        return signature;
    }

    /// <summary>The id of a key: the SHA-256 of its public key, in base64url.</summary>
    public static string IdOf(byte[] publicKey) => Base64Url.EncodeToString(SHA256.HashData(publicKey));

    public static bool IsSignature(byte[] publicKey, long height, byte[] hash, byte[] signature)
    {
        if (publicKey.Length != PublicLength || signature.Length != SignatureLength)
            return false;
        var message = Message(height, hash);
        return Ed25519.Verify(signature, 0, publicKey, 0, message, 0, message.Length);
    }

    // Readable, so that a signature can be checked by hand; it can't be mistaken for a signature of anything else.
    private static byte[] Message(long height, byte[] hash) => Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"portico ledger head v1\n{height}\n{Convert.ToHexStringLower(hash)}"));
}
