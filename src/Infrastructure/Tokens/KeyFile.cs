using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portico.Infrastructure.Tokens;

/// <summary>Reads the keys of access tokens from PEM files (RFC 7468).</summary>
/// <remarks>Takes PKCS#8, PKCS#1, SEC 1 and SubjectPublicKeyInfo; what it throws names the file and never quotes it.</remarks>
internal static class KeyFile
{
    private const int MaxBytes = 64 * 1024;
    private const string RsaOid = "1.2.840.113549.1.1.1";
    private const string EcOid = "1.2.840.10045.2.1";

    /// <exception cref="InvalidDataException">There is no such file, or it holds no private key that may sign.</exception>
    public static TokenKey ReadSigningKey(string path)
    {
        var key = Read(path, publicOnly: false);
        return key.CanSign ? key : throw Problem(path, "holds a public key, where the private key is needed");
    }

    /// <summary>Reads a key that only verifies; of a private key the public half is kept.</summary>
    /// <exception cref="InvalidDataException">There is no such file, or it holds no key that tokens can be verified with.</exception>
    public static TokenKey ReadVerificationKey(string path) => Read(path, publicOnly: true);

    private static TokenKey Read(string path, bool publicOnly)
    {
        var text = ReadText(path);
        TokenKey? key = null;
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var block))
        {
            var label = rest[block.Label];
            // OpenSSL writes the curve in front of the key; the key names it again.
            if (label is not "EC PARAMETERS")
            {
                if (key is not null)
                    throw Problem(path, "holds more than one key");
                key = Decode(path, publicOnly, label, Convert.FromBase64String(rest[block.Base64Data].ToString()));
            }

            rest = rest[block.Location.End..];
        }

        if (key is not null)
            return key;
        // A traditionally encrypted key has headers, so that it isn't found as PEM at all.
        throw text.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal) ? Encrypted(path) : Problem(path, "holds no key in PEM form");
    }

    private static TokenKey Decode(string path, bool publicOnly, ReadOnlySpan<char> label, byte[] der)
    {
        try
        {
            return label switch
            {
                "PRIVATE KEY" => DecodePkcs8(der, publicOnly),
                "RSA PRIVATE KEY" => Rsa(rsa => rsa.ImportRSAPrivateKey(der, out _), publicOnly),
                "EC PRIVATE KEY" => Ec(ec => ec.ImportECPrivateKey(der, out _), publicOnly),
                "PUBLIC KEY" => DecodePublic(der),
                "RSA PUBLIC KEY" => Rsa(rsa => rsa.ImportRSAPublicKey(der, out _), publicOnly: true),
                "ENCRYPTED PRIVATE KEY" => throw Encrypted(path),
                _ => throw Problem(path, $"holds a PEM block '{label}' that is no key"),
            };
        }
        catch (Exception exception) when (exception is CryptographicException or AsnContentException)
        {
            throw Problem(path, "holds a damaged key", exception);
        }
        catch (NotSupportedException exception)
        {
            throw Problem(path, exception.Message);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(der);
        }
    }

    private static TokenKey DecodePkcs8(byte[] der, bool publicOnly)
    {
        // RFC 5958: version, then the algorithm.
        var info = new AsnReader(der, AsnEncodingRules.BER).ReadSequence();
        info.ReadInteger();
        return info.ReadSequence().ReadObjectIdentifier() switch
        {
            RsaOid => Rsa(rsa => rsa.ImportPkcs8PrivateKey(der, out _), publicOnly),
            EcOid => Ec(ec => ec.ImportPkcs8PrivateKey(der, out _), publicOnly),
            _ => throw OtherAlgorithm(),
        };
    }

    private static TokenKey DecodePublic(byte[] der) => PublicKey.CreateFromSubjectPublicKeyInfo(der, out _).Oid.Value switch
    {
        RsaOid => Rsa(rsa => rsa.ImportSubjectPublicKeyInfo(der, out _), publicOnly: true),
        EcOid => Ec(ec => ec.ImportSubjectPublicKeyInfo(der, out _), publicOnly: true),
        _ => throw OtherAlgorithm(),
    };

    private static TokenKey Rsa(Action<RSA> import, bool publicOnly)
    {
        using var rsa = RSA.Create();
        import(rsa);
        return TokenKey.Of(rsa, publicOnly);
    }

    private static TokenKey Ec(Action<ECDsa> import, bool publicOnly)
    {
        using var ec = ECDsa.Create();
        import(ec);
        return TokenKey.Of(ec, publicOnly);
    }

    private static string ReadText(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length > MaxBytes)
                throw Problem(path, $"is larger than {MaxBytes} bytes");
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Problem(path, "does not exist");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Problem(path, "can't be read", exception);
        }
    }

    private static NotSupportedException OtherAlgorithm() => new("holds a key that is neither RSA nor EC");

    private static InvalidDataException Encrypted(string path) =>
        Problem(path, "holds an encrypted key; give it unencrypted, readable by this program only");

    private static InvalidDataException Problem(string path, string what, Exception? cause = null) => new($"The file '{path}' {what}.", cause);
}
