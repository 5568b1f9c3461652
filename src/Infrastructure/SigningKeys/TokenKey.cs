using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>A key that verifies access tokens and, with its private half, signs them.</summary>
/// <remarks>
/// RSA with 2048 to 4096 bits uses RS256, EC on P-256 uses ES256 (RFC 7518); the key determines its algorithm.
/// Its id is the thumbprint of RFC 7638. Thread-safe. Its properties contain no private parameters.
/// </remarks>
public sealed class TokenKey
{
    public const int MaxSignatureLength = MaxRsaBits / 8;

    public const string Rs256 = "RS256";
    public const string Es256 = "ES256";

    /// <summary>The supported algorithms (RFC 7518, 3.1).</summary>
    public static readonly string[] Algorithms = [Rs256, Es256];

    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 4096;
    private const int EcSignatureLength = 64;
    private const string P256Oid = "1.2.840.10045.3.1.7";

    // RSA and ECDsa objects of .NET are not thread-safe, so each call uses its own object.
    private readonly ObjectPool<AsymmetricAlgorithm> _pool;

    // The input of the RFC 7638 hash: the required members, in the order of their names.
    private readonly (string Name, string Value)[] _members;

    private TokenKey(
        string algorithm,
        int signatureLength,
        bool canSign,
        (string Name, string Value)[] members,
        Func<AsymmetricAlgorithm> create)
    {
        (Algorithm, SignatureLength, CanSign, _members) = (algorithm, signatureLength, canSign, members);
        _pool = new DefaultObjectPoolProvider().Create(new Policy(create));
        Id = Thumbprint(members);
        IdUtf8 = Encoding.ASCII.GetBytes(Id);
        AlgorithmUtf8 = Encoding.ASCII.GetBytes(algorithm);
    }

    /// <summary>The <c>kid</c>: the SHA-256 thumbprint of the public key (RFC 7638).</summary>
    public string Id { get; }

    public byte[] IdUtf8 { get; }

    /// <summary>The <c>alg</c>, the only algorithm of this key.</summary>
    public string Algorithm { get; }

    public byte[] AlgorithmUtf8 { get; }

    /// <summary>The length of a signature of this key, in bytes.</summary>
    public int SignatureLength { get; }

    public bool CanSign { get; }

    /// <summary>Creates a new key.</summary>
    /// <param name="algorithm">One of <see cref="Algorithms"/>.</param>
    public static TokenKey Generate(string algorithm)
    {
        using var key = NewAlgorithm(algorithm);
        return Of(key);
    }

    /// <summary>Imports a key that <see cref="ExportPrivate"/> or <see cref="ExportPublic"/> wrote.</summary>
    /// <exception cref="CryptographicException">The bytes are not a key of this algorithm and form.</exception>
    public static TokenKey Import(string algorithm, ReadOnlySpan<byte> key, bool isPrivate)
    {
        using var imported = NewAlgorithm(algorithm);
        if (isPrivate)
            imported.ImportPkcs8PrivateKey(key, out _);
        else
            imported.ImportSubjectPublicKeyInfo(key, out _);
        return Of(imported);
    }

    /// <summary>Copies the key, with its private half if there is one.</summary>
    /// <exception cref="NotSupportedException">The key is too short to be safe, or too long to be fast.</exception>
    public static TokenKey Of(RSA rsa)
    {
        if (rsa.KeySize is < MinRsaBits or > MaxRsaBits)
            throw new NotSupportedException($"An RSA key of {rsa.KeySize} bits, where {MinRsaBits} to {MaxRsaBits} are allowed.");

        var canSign = TryExport(rsa.ExportParameters, out var parameters);
        return new(
            Rs256,
            (rsa.KeySize + 7) / 8,
            canSign,
            [("e", Encode(parameters.Exponent)), ("kty", "RSA"), ("n", Encode(parameters.Modulus))],
            () => RSA.Create(parameters));
    }

    /// <summary>Copies the key, with its private half if there is one.</summary>
    /// <exception cref="NotSupportedException">The key is on another curve than P-256.</exception>
    public static TokenKey Of(ECDsa ec)
    {
        var canSign = TryExport(ec.ExportParameters, out var parameters);
        if (!parameters.Curve.IsNamed || parameters.Curve.Oid.Value != P256Oid)
            throw new NotSupportedException("An EC key on another curve than P-256.");

        return new(
            Es256,
            EcSignatureLength,
            canSign,
            [("crv", "P-256"), ("kty", "EC"), ("x", Encode(parameters.Q.X)), ("y", Encode(parameters.Q.Y))],
            () => ECDsa.Create(parameters));
    }

    /// <summary>Exports both halves as PKCS#8 (RFC 5208).</summary>
    public byte[] ExportPrivate() => Export(key => key.ExportPkcs8PrivateKey());

    /// <summary>Exports the public half as SubjectPublicKeyInfo (RFC 5280).</summary>
    public byte[] ExportPublic() => Export(key => key.ExportSubjectPublicKeyInfo());

    /// <summary>Signs data.</summary>
    /// <param name="data">The data to sign: header and payload of a token in compact form.</param>
    /// <param name="signature">The buffer of the signature; exactly <see cref="SignatureLength"/> bytes.</param>
    /// <exception cref="InvalidOperationException">The key has no private half.</exception>
    public void Sign(ReadOnlySpan<byte> data, Span<byte> signature)
    {
        if (!CanSign)
            throw new InvalidOperationException($"Key {Id} has no private half.");

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        var algorithm = _pool.Get();
        var written = algorithm switch
        {
            RSA rsa => rsa.SignHash(hash, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            ECDsa ec => ec.SignHash(hash, signature),
            _ => 0,
        };
        if (written != signature.Length)
            throw new CryptographicException($"A signature of key {Id} has {written} bytes instead of {signature.Length}.");
        _pool.Return(algorithm);
    }

    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        var algorithm = _pool.Get();
        var valid = algorithm switch
        {
            RSA rsa => rsa.VerifyHash(hash, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            ECDsa ec => ec.VerifyHash(hash, signature),
            _ => false,
        };
        _pool.Return(algorithm);
        return valid;
    }

    /// <summary>Writes the public half as a JSON Web Key (RFC 7517).</summary>
    public void WriteJwk(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in _members)
            writer.WriteString(name, value);
        writer.WriteString("use"u8, "sig"u8);
        writer.WriteString("alg"u8, AlgorithmUtf8);
        writer.WriteString("kid"u8, IdUtf8);
        writer.WriteEndObject();
    }

    public override string ToString() => $"{Algorithm} {Id}";

    // Only an export of the private half shows whether there is one.
    private static bool TryExport<T>(Func<bool, T> export, out T parameters)
    {
        try
        {
            parameters = export(true);
            return true;
        }
        catch (CryptographicException)
        {
            parameters = export(false);
            return false;
        }
    }

    private static AsymmetricAlgorithm NewAlgorithm(string algorithm) => algorithm switch
    {
        Rs256 => RSA.Create(MinRsaBits),
        Es256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        _ => throw new CryptographicException($"There is no algorithm {algorithm}."),
    };

    private static TokenKey Of(AsymmetricAlgorithm key) => key is RSA rsa ? Of(rsa) : Of((ECDsa)key);

    private byte[] Export(Func<AsymmetricAlgorithm, byte[]> export)
    {
        var algorithm = _pool.Get();
        var key = export(algorithm);
        _pool.Return(algorithm);
        return key;
    }

    private static string Encode(byte[]? integer) => Base64Url.EncodeToString(integer);

    private static string Thumbprint((string Name, string Value)[] members)
    {
        var json = "{" + string.Join(',', members.Select(member => $"\"{member.Name}\":\"{member.Value}\"")) + "}";
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(json)));
    }

    private sealed class Policy(Func<AsymmetricAlgorithm> create) : PooledObjectPolicy<AsymmetricAlgorithm>
    {
        public override AsymmetricAlgorithm Create() => create();

        public override bool Return(AsymmetricAlgorithm obj) => true;
    }
}
