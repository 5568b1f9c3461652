using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Portico.Application.Common.Security;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Application.UnitTests.AccessTokens;

/// <summary>The signature of an access token: which key, which algorithm, and every bit of it.</summary>
public sealed class AccessTokenSignatureTests
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private readonly TokenWorld _world = new(TokenWorld.Rsa, TokenWorld.Ec);

    public static TheoryData<string> Signers => ["RS256", "ES256"];

    [Theory]
    [MemberData(nameof(Signers))]
    public void Refuses_a_second_spelling_of_the_same_bytes(string algorithm)
    {
        var world = TokenWorld.Of(algorithm);
        var spellings = new HashSet<(int Part, int Length)>();

        // Three lengths in a row leave zero, two and four bits of the last character unused.
        foreach (var padding in (string[])["", "x", "xx"])
        {
            var (header, claims) = (world.Header(), world.Claims());
            header["x"] = padding;
            claims["x"] = padding;
            var parts = world.Forge(header, claims).Split('.');
            for (var part = 0; part < parts.Length; part++)
            {
                var bytes = Base64Url.DecodeFromChars(parts[part]);
                foreach (var spelling in Alphabet.Where(last => last != parts[part][^1]).Select(last => parts[part][..^1] + last))
                {
                    if (!DecodesTo(spelling, bytes))
                        continue;

                    var spoilt = (string[])parts.Clone();
                    spoilt[part] = spelling;
                    Assert.Equal(TokenError.Malformed, world.Judge(string.Join('.', spoilt)));
                    spellings.Add((part, spelling.Length % 4));
                }
            }
        }

        Assert.Superset(new HashSet<(int, int)> { (0, 2), (0, 3), (1, 2), (1, 3), (2, 2) }, spellings);
    }

    [Theory]
    [MemberData(nameof(Signers))]
    public void Refuses_a_token_with_any_character_of_its_signature_changed(string algorithm)
    {
        var world = TokenWorld.Of(algorithm);
        var token = world.Issue();

        for (var at = token.LastIndexOf('.') + 1; at < token.Length; at++)
        {
            var error = world.Judge(Changed(token, at));
            Assert.True(error is TokenError.BadSignature or TokenError.Malformed, error.ToString());
        }
    }

    [Fact]
    public void Refuses_changed_claims_under_the_old_signature()
    {
        var parts = _world.Issue().Split('.');
        var claims = TokenWorld.Json(parts[1]);
        claims["roles"] = new JsonArray("admin", "manager", "user");
        parts[1] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()));

        Assert.Equal(TokenError.BadSignature, _world.Judge(string.Join('.', parts)));
    }

    [Fact]
    public void Refuses_a_changed_header_under_the_old_signature()
    {
        var parts = _world.Issue().Split('.');
        var header = TokenWorld.Json(parts[0]);
        header["cty"] = "x";
        parts[0] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString()));

        Assert.Equal(TokenError.BadSignature, _world.Judge(string.Join('.', parts)));
    }

    [Fact]
    public void Refuses_signatures_that_broken_verifiers_take_for_valid()
    {
        foreach (var algorithm in (string[])["RS256", "ES256"])
        {
            var world = TokenWorld.Of(algorithm);
            var token = world.Issue();
            var signed = token[..(token.LastIndexOf('.') + 1)];
            var length = world.Keys.Current.Signer.SignatureLength;
            var zeros = new byte[length];
            var ones = Enumerable.Repeat((byte)0xFF, length).ToArray();
            var one = new byte[length];
            one[^1] = 1;
            one[(length / 2) - 1] = 1;

            foreach (var signature in (byte[][])[zeros, ones, one, zeros[..^1], [.. zeros, 0], zeros[..3], [.. ones, .. ones]])
                Assert.Equal(TokenError.BadSignature, world.Judge(signed + Base64Url.EncodeToString(signature)));
        }
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("")]
    [InlineData("rs256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    [InlineData("HS256")]
    public void Refuses_every_algorithm_that_is_not_the_keys_own(string algorithm)
    {
        var header = _world.Header();
        header["alg"] = algorithm;

        Assert.Equal(TokenError.WrongAlgorithm, _world.Judge(_world.Forge(header)));
    }

    [Fact]
    public void Refuses_an_unsigned_token()
    {
        var header = _world.Header();
        header["alg"] = "none";
        var forged = _world.Forge(header);

        Assert.Equal(TokenError.Malformed, _world.Judge(forged[..(forged.LastIndexOf('.') + 1)]));
        Assert.Equal(TokenError.WrongAlgorithm, _world.Judge(forged[..(forged.LastIndexOf('.') + 1)] + "AAAA"));
    }

    [Fact]
    public void Refuses_the_public_key_as_a_shared_secret()
    {
        using var rsa = RSA.Create(2048);
        var world = new TokenWorld(TokenKey.Of(rsa));
        var header = world.Header();
        header["alg"] = "HS256";
        var signed = world.Forge(header);
        signed = signed[..signed.LastIndexOf('.')];

        byte[][] secrets =
        [
            Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem()),
            Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem() + "\n"),
            rsa.ExportSubjectPublicKeyInfo(),
            rsa.ExportParameters(false).Modulus!,
        ];
        foreach (var secret in secrets)
        {
            var mac = HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed));
            Assert.Equal(TokenError.WrongAlgorithm, world.Judge($"{signed}.{Base64Url.EncodeToString(mac)}"));
        }
    }

    [Fact]
    public void Refuses_a_key_that_it_does_not_know()
    {
        var header = _world.Header();
        header["kid"] = TokenWorld.OtherRsa.Id;

        Assert.Equal(TokenError.UnknownKey, _world.Judge(_world.Forge(header, key: TokenWorld.OtherRsa)));
        Assert.Equal(TokenError.UnknownKey, new TokenWorld(TokenWorld.OtherRsa).Judge(_world.Issue()));
    }

    [Fact]
    public void Refuses_the_signature_of_one_key_under_the_id_of_another()
    {
        var header = _world.Header();
        header["kid"] = TokenWorld.Ec.Id;

        Assert.Equal(TokenError.WrongAlgorithm, _world.Judge(_world.Forge(header, key: TokenWorld.Rsa)));

        header["alg"] = "ES256";

        Assert.Equal(TokenError.BadSignature, _world.Judge(_world.Forge(header, key: TokenWorld.Rsa)));

        var two = new TokenWorld(TokenWorld.Rsa, TokenWorld.OtherRsa);

        Assert.Equal(TokenError.BadSignature, two.Judge(two.Forge(key: TokenWorld.OtherRsa)));
    }

    [Fact]
    public void Never_takes_a_key_from_the_token_itself()
    {
        var header = _world.Header();
        header["jwk"] = new JsonObject { ["kty"] = "RSA", ["n"] = "AQAB", ["e"] = "AQAB" };
        header["jku"] = "https://evil.test/jwks.json";

        Assert.Equal(TokenError.BadSignature, _world.Judge(_world.Forge(header, key: TokenWorld.OtherRsa)));
    }

    private static string Changed(string token, int at)
    {
        var changed = token.ToCharArray();
        changed[at] = Alphabet[(Alphabet.IndexOf(changed[at], StringComparison.Ordinal) + 1) % Alphabet.Length];
        return new(changed);
    }

    // What a lenient decoder would make of it: it overlooks the unused bits.
    private static bool DecodesTo(string text, byte[] bytes)
    {
        var value = 0;
        var bits = 0;
        var decoded = new List<byte>();
        foreach (var character in text)
        {
            value = (value << 6) | Alphabet.IndexOf(character, StringComparison.Ordinal);
            bits += 6;
            if (bits < 8)
                continue;
            bits -= 8;
            decoded.Add((byte)(value >> bits));
            value &= (1 << bits) - 1;
        }

        return decoded.SequenceEqual(bytes);
    }
}
