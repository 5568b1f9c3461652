using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portico.Application.Common.Security;
using Portico.Infrastructure.Tokens;

namespace Portico.Application.UnitTests.Tokens;

public sealed class TokenSettingsTests : IDisposable
{
    private static readonly string RsaPem = NewRsaPem();

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("portico-tokens-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Finds_nothing_wrong_with_good_values() => Assert.Empty(With("Tokens:Audience", "portico").Problems());

    [Theory]
    [InlineData("Tokens:Issuer", "")]
    [InlineData("Tokens:Issuer", "portico")]
    [InlineData("Tokens:Issuer", "/portico")]
    [InlineData("Tokens:Issuer", "ftp://portico.test")]
    [InlineData("Tokens:Issuer", "https://portico.test/")]
    [InlineData("Tokens:Issuer", "https://portico.test?a=b")]
    [InlineData("Tokens:Issuer", "https://portico.test#a")]
    [InlineData("Tokens:Issuer", "https://me@portico.test")]
    [InlineData("Tokens:Issuer", " https://portico.test")]
    [InlineData("Tokens:Audience", "")]
    [InlineData("Tokens:Audience", "a b")]
    [InlineData("Tokens:ClientId", "")]
    [InlineData("Tokens:AccessTokenLifetime", "00:00:59")]
    [InlineData("Tokens:AccessTokenLifetime", "01:00:01")]
    [InlineData("Tokens:AccessTokenLifetime", "00:01:00.5")]
    [InlineData("Tokens:ClockSkew", "-00:00:01")]
    [InlineData("Tokens:ClockSkew", "00:02:01")]
    [InlineData("Tokens:SigningKeyFile", "")]
    [InlineData("Tokens:SigningKeyFile", "/nowhere/key.pem")]
    [InlineData("Tokens:SigningKeyFile", "/")]
    [InlineData("Tokens:SigningKeyFile", "a\0b")]
    [InlineData("Tokens:VerificationKeyFiles:0", "/nowhere/key.pem")]
    [InlineData("Tokens:VerificationKeyFiles:0", "")]
    public void Names_the_setting_that_is_wrong(string setting, string value)
    {
        var problem = Assert.Single(With(setting, value).Problems());

        Assert.StartsWith(setting, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Bounds_the_number_of_keys()
    {
        var path = RsaKey();
        var settings = new TokenSettings
        {
            Issuer = "https://portico.test",
            SigningKeyFile = path,
            VerificationKeyFiles = [.. Enumerable.Repeat(path, TokenSettings.MaxVerificationKeys + 1)],
        };

        Assert.StartsWith("Tokens:VerificationKeyFiles must name at most", Assert.Single(settings.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_private_keys_in_each_form_that_OpenSSL_writes()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        const string Curve = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";

        foreach (var pem in (string[])
        [
            rsa.ExportPkcs8PrivateKeyPem(), rsa.ExportRSAPrivateKeyPem(), ec.ExportPkcs8PrivateKeyPem(), ec.ExportECPrivateKeyPem(),
            Curve + ec.ExportECPrivateKeyPem(), "a comment\r\n" + rsa.ExportPkcs8PrivateKeyPem().ReplaceLineEndings("\r\n"),
        ])
        {
            Assert.True(KeyFile.ReadSigningKey(Key(pem)).CanSign);
            Assert.False(KeyFile.ReadVerificationKey(Key(pem)).CanSign);
        }
    }

    [Fact]
    public void Takes_public_keys_for_verifying_only()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        foreach (var pem in (string[])[rsa.ExportSubjectPublicKeyInfoPem(), rsa.ExportRSAPublicKeyPem(), ec.ExportSubjectPublicKeyInfoPem()])
        {
            Assert.False(KeyFile.ReadVerificationKey(Key(pem)).CanSign);
            Assert.Contains("holds a public key, where the private key is needed", Refusal(pem), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Refuses_weak_keys_and_other_curves()
    {
        using var weak = RSA.Create(1024);
        // Nobody checks that a modulus has two prime factors, and finding them takes seconds.
        using var huge = RSA.Create(new RSAParameters { Modulus = [.. Enumerable.Repeat((byte)0xFF, 5120 / 8)], Exponent = [1, 0, 1] });
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.Contains("an RSA key of 1024 bits, where 2048 to 4096 are allowed", Refusal(weak.ExportPkcs8PrivateKeyPem()), StringComparison.Ordinal);
        Assert.Contains("an RSA key of 5120 bits", Refusal(huge.ExportSubjectPublicKeyInfoPem()), StringComparison.Ordinal);
        Assert.Contains("another curve than P-256", Refusal(curve.ExportPkcs8PrivateKeyPem()), StringComparison.Ordinal);
        Assert.Contains("another curve than P-256", Refusal(curve.ExportECPrivateKeyPem()), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_encrypted_keys()
    {
        using var rsa = RSA.Create(2048);
        var pkcs8 = rsa.ExportEncryptedPkcs8PrivateKeyPem("secret", new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000));
        var traditional = rsa.ExportRSAPrivateKeyPem().Replace(
            "-----BEGIN RSA PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n",
            StringComparison.Ordinal);

        Assert.Contains("holds an encrypted key", Refusal(pkcs8), StringComparison.Ordinal);
        Assert.Contains("holds an encrypted key", Refusal(traditional), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "holds no key in PEM form")]
    [InlineData("{\"kty\":\"RSA\"}", "holds no key in PEM form")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "holds a damaged key")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----", "holds a damaged key")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----", "holds a damaged key")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "holds a PEM block 'CERTIFICATE' that is no key")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----", "neither RSA nor EC")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----", "neither RSA nor EC")]
    public void Refuses_files_without_a_key_of_use(string text, string problem) => Assert.Contains(problem, Refusal(text), StringComparison.Ordinal);

    [Fact]
    public void Refuses_two_keys_in_one_file_and_files_without_a_bound()
    {
        var pem = RsaPem + "\n";

        Assert.Contains("holds more than one key", Refusal(pem + pem), StringComparison.Ordinal);
        Assert.Contains("is larger than", Refusal(new string(' ', 70_000) + pem), StringComparison.Ordinal);
    }

    [Fact]
    public void Quotes_no_part_of_a_key_that_it_refuses()
    {
        using var weak = RSA.Create(1024);
        var pem = weak.ExportPkcs8PrivateKeyPem();
        var cut = pem.Remove(100, 200).Insert(100, "AAAA");

        foreach (var text in (string[])[pem, cut, pem + pem])
        {
            var exception = Assert.Throws<InvalidDataException>(() => KeyFile.ReadSigningKey(Key(text))).ToString();
            Assert.DoesNotContain(pem.Split('\n').Skip(1).SkipLast(1), line => exception.Contains(line, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Registers_an_issuer_and_a_validator_that_agree()
    {
        using var old = RSA.Create(2048);
        var verification = Key(old.ExportSubjectPublicKeyInfoPem());
        using var services = Provider(RsaKey(), verification);

        var token = services.GetRequiredService<IAccessTokenIssuer>().Issue(TokenWorld.Somebody(), Guid.CreateVersion7());

        Assert.True(services.GetRequiredService<AccessTokenValidator>().TryValidate(token.Value, out _, out _));
        Assert.Equal(2, services.GetRequiredService<TokenKeys>().Current.Keys.Count);
        Assert.Contains(TokenKey.Of(old).Id, System.Text.Encoding.UTF8.GetString(services.GetRequiredService<TokenDiscovery>().Jwks().Json.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Stops_the_program_with_the_name_of_the_setting()
    {
        using var services = Provider("/nowhere/key.pem", RsaKey());

        var exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains("Tokens:SigningKeyFile: The file '/nowhere/key.pem' does not exist.", exception.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Provider(string signingKey, string verificationKey)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Tokens:Issuer"] = "https://portico.test",
            ["Tokens:SigningKeyFile"] = signingKey,
            ["Tokens:VerificationKeyFiles:0"] = verificationKey,
        }).Build();
        return new ServiceCollection().AddTokens(configuration).BuildServiceProvider();
    }

    private TokenSettings With(string setting, string value)
    {
        var values = new Dictionary<string, string?>
        {
            ["Tokens:Issuer"] = "https://portico.test",
            ["Tokens:SigningKeyFile"] = RsaKey(),
            [setting] = value,
        };
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build().GetSection("Tokens").Get<TokenSettings>()!;
    }

    private string Refusal(string pem) => Assert.Throws<InvalidDataException>(() => KeyFile.ReadSigningKey(Key(pem))).Message;

    private static string NewRsaPem()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportPkcs8PrivateKeyPem();
    }

    private string RsaKey() => Key(RsaPem);

    private string Key(string pem)
    {
        var path = Path.Combine(_folder.FullName, Path.GetRandomFileName());
        File.WriteAllText(path, pem);
        return path;
    }
}
