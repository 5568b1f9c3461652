using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>A key that access tokens are verified with and, when its private half is here, signed with.</summary>
/// <remarks>
/// RSA of 2048 to 4096 bits makes RS256, EC on P-256 makes ES256 (RFC 7518); the key fixes its algorithm.
/// Its id is the thumbprint of RFC 7638. Safe for concurrent use. Nothing that it shows holds private parameters.
/// </remarks>
public sealed class TokenKey
{
    public const int MaxSignatureLength = MaxRsaBits / 8;

    public const string Rs256 = "RS256";
    public const string Es256 = "ES256";

    /// <summary>Those that keys can be made for (RFC 7518, 3.1).</summary>
    public static readonly string[] Algorithms = [Rs256, Es256];

    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 4096;
    private const int EcSignatureLength = 64;
    private const string P256Oid = "1.2.840.10045.3.1.7";

    // .NET promises nothing about one RSA or ECDsa object on several threads, so each call has an object to itself.
    private readonly ObjectPool<AsymmetricAlgorithm> _pool;

    // What RFC 7638 hashes: the required members, in the order of their names.
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

    /// <summary>The <c>alg</c>, the only one that this key is ever used with.</summary>
    public string Algorithm { get; }

    public byte[] AlgorithmUtf8 { get; }

    /// <summary>The bytes of every signature of this key.</summary>
    public int SignatureLength { get; }

    public bool CanSign { get; }

    /// <summary>Makes a new key.</summary>
    /// <param name="algorithm">One of <see cref="Algorithms"/>.</param>
    public static TokenKey Generate(string algorithm)
    {
        using var key = NewAlgorithm(algorithm);
        return Of(key);
    }

    /// <summary>Reads what <see cref="ExportPrivate"/> or <see cref="ExportPublic"/> wrote.</summary>
    /// <exception cref="CryptographicException">It is no such key.</exception>
    public static TokenKey Import(string algorithm, ReadOnlySpan<byte> key, bool isPrivate)
    {
        using var imported = NewAlgorithm(algorithm);
        if (isPrivate)
            imported.ImportPkcs8PrivateKey(key, out _);
        else
            imported.ImportSubjectPublicKeyInfo(key, out _);
        return Of(imported);
    }

    /// <summary>Takes a copy of the key, with its private half if that is there.</summary>
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

    /// <summary>Takes a copy of the key, with its private half if that is there.</summary>
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

    /// <summary>Both halves, in the form of PKCS#8 (RFC 5208).</summary>
    public byte[] ExportPrivate() => Export(key => key.ExportPkcs8PrivateKey());

    /// <summary>The public half, in the form of SubjectPublicKeyInfo (RFC 5280).</summary>
    public byte[] ExportPublic() => Export(key => key.ExportSubjectPublicKeyInfo());

    /// <param name="data">What is signed: header and payload of a token in compact form.</param>
    /// <param name="signature">Takes the signature; exactly <see cref="SignatureLength"/> bytes.</param>
    /// <exception cref="InvalidOperationException">Only the public half is here.</exception>
    public void Sign(ReadOnlySpan<byte> data, Span<byte> signature)
    {
        if (!CanSign)
            throw new InvalidOperationException($"The private half of key {Id} is not here.");

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

    // Whether the private half is there can only be found by asking for it.
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
