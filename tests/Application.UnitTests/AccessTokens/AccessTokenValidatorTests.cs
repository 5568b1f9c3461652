using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Portico.Application.Common.Security;
using Portico.Domain.Users;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Application.UnitTests.AccessTokens;

public sealed class AccessTokenValidatorTests
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private readonly TokenWorld _world = new(TokenWorld.Rsa, TokenWorld.Ec);

    public static TheoryData<string> Signers => ["RS256", "ES256"];

    [Theory]
    [MemberData(nameof(Signers))]
    public void Reads_what_the_issuer_wrote(string algorithm)
    {
        var world = World(algorithm);
        var admin = TokenWorld.Somebody(Role.Admin);

        var claims = world.Accept(world.Issuer.Issue(admin, world.SessionId).Value);

        Assert.Equal(admin.Id, claims.Subject);
        Assert.Equal(world.SessionId, claims.SessionId);
        Assert.Equal([Role.Admin, Role.Manager, Role.User], claims.Roles);
        Assert.Equal(Permissions.Of(Role.Admin), claims.Permissions);
        Assert.Equal(admin.Epoch, claims.Epoch);
        Assert.Equal(TokenWorld.Noon.AddMinutes(5), claims.ExpiresAt);
    }

    [Fact]
    public void Accepts_what_the_tests_forge_unless_they_spoil_it() => _world.Accept(_world.Forge());

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("...")]
    [InlineData("a")]
    [InlineData("null")]
    [InlineData("Bearer a.b.c")]
    [InlineData("\0.\0.\0")]
    [InlineData("\uD800.\uDC00.ä")]
    [InlineData("AAAA.AAAA.AAAA")]
    public void Refuses_what_is_no_token(string text) => Assert.Equal(TokenError.Malformed, _world.Judge(text));

    [Fact]
    public void Refuses_more_or_fewer_parts_than_three()
    {
        var token = _world.Issue();

        Assert.Equal(TokenError.Malformed, _world.Judge(token + "."));
        Assert.Equal(TokenError.Malformed, _world.Judge("." + token));
        Assert.Equal(TokenError.Malformed, _world.Judge(token + ".AAAA"));
        Assert.Equal(TokenError.Malformed, _world.Judge(token[..token.LastIndexOf('.')]));
        Assert.Equal(TokenError.Malformed, _world.Judge(token[..(token.LastIndexOf('.') + 1)]));
        Assert.Equal(TokenError.Malformed, _world.Judge(token.Replace(".", "..", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("=")]
    [InlineData("==")]
    [InlineData(" ")]
    [InlineData("\n")]
    [InlineData("+")]
    [InlineData("/")]
    public void Refuses_padding_white_space_and_the_other_alphabet_in_every_part(string intruder)
    {
        var parts = _world.Issue().Split('.');

        for (var part = 0; part < parts.Length; part++)
        {
            var spoilt = (string[])parts.Clone();
            spoilt[part] += intruder;
            Assert.Equal(TokenError.Malformed, _world.Judge(string.Join('.', spoilt)));
            spoilt[part] = parts[part].Insert(parts[part].Length / 2, intruder);
            Assert.Equal(TokenError.Malformed, _world.Judge(string.Join('.', spoilt)));
        }
    }

    [Theory]
    [MemberData(nameof(Signers))]
    public void Refuses_a_second_spelling_of_the_same_bytes(string algorithm)
    {
        var world = World(algorithm);
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
        var world = World(algorithm);
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
            var world = World(algorithm);
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
    public void Refuses_a_missing_or_wrong_typed_header_member()
    {
        foreach (var (name, error) in (IEnumerable<(string, TokenError)>)
            [("alg", TokenError.WrongAlgorithm), ("kid", TokenError.UnknownKey), ("typ", TokenError.WrongType)])
        {
            var header = _world.Header();
            header.Remove(name);
            Assert.Equal(error, _world.Judge(_world.Forge(header)));

            foreach (var json in (string[])["null", "1", "true", "[\"at+jwt\"]", "{}"])
            {
                header[name] = JsonNode.Parse(json);
                Assert.Equal(error, _world.Judge(_world.Forge(header)));
            }
        }
    }

    [Theory]
    [InlineData("JWT")]
    [InlineData("jwt")]
    [InlineData("application/jwt")]
    [InlineData("")]
    [InlineData("at+jwt ")]
    [InlineData("at jwt")]
    [InlineData("application/application/at+jwt")]
    [InlineData("id+jwt")]
    [InlineData("logout+jwt")]
    [InlineData("at+jwſ")]
    public void Refuses_tokens_of_another_type(string type)
    {
        var header = _world.Header();
        header["typ"] = type;

        Assert.Equal(TokenError.WrongType, _world.Judge(_world.Forge(header)));
    }

    [Theory]
    [InlineData("at+jwt")]
    [InlineData("AT+JWT")]
    [InlineData("application/at+jwt")]
    [InlineData("Application/At+Jwt")]
    public void Takes_the_type_in_every_spelling_that_RFC_9068_allows(string type)
    {
        var header = _world.Header();
        header["typ"] = type;

        _world.Accept(_world.Forge(header));
    }

    [Theory]
    [InlineData("crit", "[\"exp\"]")]
    [InlineData("crit", "[]")]
    [InlineData("crit", "null")]
    [InlineData("b64", "true")]
    [InlineData("b64", "false")]
    public void Refuses_extensions_that_change_how_a_token_is_read(string member, string value)
    {
        var header = _world.Header();
        header[member] = JsonNode.Parse(value);

        Assert.Equal(TokenError.UnsupportedHeader, _world.Judge(_world.Forge(header)));
    }

    [Fact]
    public void Never_takes_a_key_from_the_token_itself()
    {
        var header = _world.Header();
        header["jwk"] = new JsonObject { ["kty"] = "RSA", ["n"] = "AQAB", ["e"] = "AQAB" };
        header["jku"] = "https://evil.test/jwks.json";

        Assert.Equal(TokenError.BadSignature, _world.Judge(_world.Forge(header, key: TokenWorld.OtherRsa)));
    }

    [Theory]
    [InlineData("alg", "\"RS256\"")]
    [InlineData("kid", "\"x\"")]
    [InlineData("\\u0061lg", "\"none\"")]
    [InlineData("typ", "\"at+jwt\"")]
    public void Refuses_a_repeated_header_member(string name, string value)
    {
        var header = _world.Header().ToJsonString();

        Assert.Equal(
            TokenError.Malformed, _world.Judge(_world.ForgeText($"{header[..^1]},\"{name}\":{value}}}", _world.Claims().ToJsonString())));
    }

    [Theory]
    [InlineData("sub", "\"01935a6c-0000-7000-8000-000000000000\"")]
    [InlineData("s\\u0075b", "\"01935a6c-0000-7000-8000-000000000000\"")]
    [InlineData("exp", "9999999999")]
    [InlineData("more\":{\"a\":1,\"a", "2}")]
    public void Refuses_a_repeated_claim(string name, string value)
    {
        var claims = _world.Claims().ToJsonString();

        Assert.Equal(
            TokenError.Malformed, _world.Judge(_world.ForgeText(_world.Header().ToJsonString(), $"{claims[..^1]},\"{name}\":{value}}}")));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("[]")]
    [InlineData("\"{}\"")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("/**/{}")]
    [InlineData("\uFEFF{}")]
    [InlineData("{'a':1}")]
    [InlineData("NaN")]
    [InlineData("true")]
    public void Refuses_a_part_that_is_no_JSON_object(string json)
    {
        Assert.Equal(TokenError.Malformed, _world.Judge(_world.ForgeText(json, _world.Claims().ToJsonString())));
        Assert.Equal(TokenError.Malformed, _world.Judge(_world.ForgeText(_world.Header().ToJsonString(), json)));
    }

    [Fact]
    public void Refuses_strings_that_are_no_Unicode_without_throwing()
    {
        var header = Encoding.UTF8.GetBytes(_world.Header().ToJsonString());
        var claims = Encoding.UTF8.GetBytes(_world.Claims().ToJsonString());

        foreach (var name in (string[])["iss", "aud", "sub", "jti", "client_id"])
        {
            foreach (var bytes in (byte[][])[[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF8], .. LoneSurrogates()])
            {
                byte[] spoilt = [.. "{\""u8, .. Encoding.ASCII.GetBytes(name), .. "\":\""u8, .. bytes, .. "\"}"u8];
                Assert.NotEqual(TokenError.None, _world.Judge(_world.ForgeBytes(header, spoilt)));
            }
        }

        foreach (var name in (string[])["alg", "kid", "typ", "x"])
        {
            foreach (var bytes in (byte[][])[[0xFF], [0xC0, 0x80], .. LoneSurrogates()])
            {
                byte[] spoilt = [.. "{\""u8, .. Encoding.ASCII.GetBytes(name), .. "\":\""u8, .. bytes, .. "\"}"u8];
                Assert.NotEqual(TokenError.None, _world.Judge(_world.ForgeBytes(spoilt, claims)));
                byte[] named = [.. "{\""u8, .. bytes, .. "\":\"x\"}"u8];
                Assert.NotEqual(TokenError.None, _world.Judge(_world.ForgeBytes(named, claims)));
            }
        }

        static byte[][] LoneSurrogates() => ["\\ud800"u8.ToArray(), "\\udc00\\ud800"u8.ToArray(), "\\u"u8.ToArray()];
    }

    [Fact]
    public void Refuses_a_token_above_the_size_limit_before_it_reads_it()
    {
        var claims = _world.Claims();
        claims["padding"] = new string('x', AccessTokenValidator.MaxLength);

        Assert.Equal(TokenError.TooLarge, _world.Judge(_world.Forge(claims: claims)));
        Assert.Equal(TokenError.TooLarge, _world.Judge(new string('.', AccessTokenValidator.MaxLength + 1)));
        Assert.Equal(TokenError.TooLarge, _world.Judge(new string('A', 50_000_000)));
    }

    [Fact]
    public void Takes_a_token_of_exactly_the_size_limit()
    {
        var (header, claims) = (_world.Header().ToJsonString(), _world.Claims().ToJsonString());

        // Base64url skips one length in four, so that a longer header must help to meet the limit.
        var signedLength = AccessTokenValidator.MaxLength - 1 - Base64Url.GetEncodedLength(TokenWorld.Rsa.SignatureLength);
        var signed = Enumerable.Range(0, 3)
            .SelectMany(_ => Enumerable.Range(5_000, 1_000), (more, padding) => $"{Part(header, more)}.{Part(claims, padding)}")
            .First(text => text.Length == signedLength);
        var token = _world.Sign(signed);

        Assert.Equal(AccessTokenValidator.MaxLength, token.Length);
        _world.Accept(token);

        static string Part(string json, int padding) =>
            Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{json[..^1]},\"x\":\"{new string('x', padding)}\"}}"));
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public void Refuses_deep_nesting(string opening, string closing)
    {
        foreach (var depth in (int[])[8, 20, 45])
        {
            var nested = string.Concat([.. Enumerable.Repeat(opening, depth), "1", .. Enumerable.Repeat(closing, depth)]);
            Assert.Equal(
                TokenError.Malformed, _world.Judge(_world.ForgeText(With(_world.Header(), nested), _world.Claims().ToJsonString())));
            Assert.Equal(
                TokenError.Malformed, _world.Judge(_world.ForgeText(_world.Header().ToJsonString(), With(_world.Claims(), nested))));
        }

        Assert.Equal(
            TokenError.Malformed,
            _world.Judge(_world.ForgeText(_world.Header().ToJsonString(), string.Concat(Enumerable.Repeat(opening, 900)))));

        static string With(JsonObject json, string nested) => $"{json.ToJsonString()[..^1]},\"x\":{nested}}}";
    }

    [Fact]
    public void Lives_until_its_end_and_the_leeway_is_over()
    {
        var token = _world.Issue();
        var end = TokenWorld.Noon + TokenWorld.Settings.AccessTokenLifetime + TokenWorld.Settings.ClockSkew;

        _world.Clock.Now = end - TimeSpan.FromTicks(1);
        _world.Accept(token);

        _world.Clock.Now = end;
        Assert.Equal(TokenError.Expired, _world.Judge(token));
    }

    [Theory]
    [InlineData("nbf")]
    [InlineData("iat")]
    public void Lives_from_its_start_less_the_leeway(string claim)
    {
        var claims = _world.Claims();
        claims[claim] = TokenWorld.Noon.AddMinutes(2).ToUnixTimeSeconds();
        var token = _world.Forge(claims: claims);
        var start = TokenWorld.Noon.AddMinutes(2) - TokenWorld.Settings.ClockSkew;

        _world.Clock.Now = start;
        _world.Accept(token);

        _world.Clock.Now = start - TimeSpan.FromTicks(1);
        Assert.Equal(TokenError.NotYetValid, _world.Judge(token));
    }

    [Fact]
    public void Has_no_leeway_when_none_is_set()
    {
        var settings = new TokenSettings { Issuer = TokenWorld.Settings.Issuer, ClockSkew = TimeSpan.Zero };
        var validator = new AccessTokenValidator(_world.Keys, settings, _world.Clock);
        var token = _world.Issue();

        _world.Clock.Now = TokenWorld.Noon.AddMinutes(5).AddTicks(-1);
        Assert.True(validator.TryValidate(token, out _, out _));

        _world.Clock.Now = TokenWorld.Noon.AddMinutes(5);
        Assert.False(validator.TryValidate(token, out _, out var error));
        Assert.Equal(TokenError.Expired, error);
    }

    [Theory]
    [InlineData("\"https://evil.test\"")]
    [InlineData("\"https://portico.test/bff/\"")]
    [InlineData("\"HTTPS://portico.test/bff\"")]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("[\"https://portico.test/bff\"]")]
    public void Refuses_another_issuer(string issuer) => Assert.Equal(TokenError.WrongIssuer, JudgeWith("iss", issuer));

    [Theory]
    [InlineData("\"other\"")]
    [InlineData("\"Portico\"")]
    [InlineData("\"portico \"")]
    [InlineData("[]")]
    [InlineData("[\"other\"]")]
    [InlineData("[\"portico\",1]")]
    [InlineData("[[\"portico\"]]")]
    [InlineData("{\"portico\":true}")]
    [InlineData("null")]
    public void Refuses_another_audience(string audience) => Assert.Equal(TokenError.WrongAudience, JudgeWith("aud", audience));

    [Theory]
    [InlineData("\"portico\"")]
    [InlineData("[\"portico\"]")]
    [InlineData("[\"other\",\"portico\"]")]
    public void Takes_its_audience_alone_or_among_others(string audience) => Assert.Equal(TokenError.None, JudgeWith("aud", audience));

    [Theory]
    [InlineData("exp")]
    [InlineData("nbf")]
    [InlineData("iat")]
    public void Refuses_times_that_are_no_whole_seconds_of_this_age(string claim)
    {
        string[] values =
        [
            "null",
            "\"1795262400\"",
            "1795262400.5",
            "1e400",
            "-1",
            "0",
            "9223372036854775807",
            "99999999999999999999",
            "253402300800",
            "[]",
            "true",
        ];
        foreach (var json in values)
            Assert.Equal(TokenError.InvalidClaims, JudgeWith(claim, json));
    }

    [Theory]
    [InlineData("sub", "\"\"")]
    [InlineData("sub", "\"ada\"")]
    [InlineData("sub", "1")]
    [InlineData("sub", "\"00000000-0000-0000-0000-000000000000\"")]
    [InlineData("sub", "\"{01935a6c-0000-7000-8000-000000000000}\"")]
    [InlineData("sid", "\"01935a6c000070008000000000000000\"")]
    [InlineData("sid", "null")]
    [InlineData("jti", "1")]
    [InlineData("client_id", "[]")]
    [InlineData("epoch", "\"1\"")]
    [InlineData("epoch", "-1")]
    [InlineData("epoch", "1.5")]
    [InlineData("epoch", "2147483648")]
    [InlineData("roles", "[]")]
    [InlineData("roles", "\"user\"")]
    [InlineData("roles", "[\"root\"]")]
    [InlineData("roles", "[\"User\"]")]
    [InlineData("roles", "[\"user\",\"user\"]")]
    [InlineData("roles", "[\"user\",\"admin\"]")]
    [InlineData("roles", "[1]")]
    [InlineData("roles", "[null]")]
    [InlineData("permissions", "null")]
    [InlineData("permissions", "\"users.read\"")]
    [InlineData("permissions", "[1]")]
    [InlineData("permissions", "{}")]
    public void Refuses_claims_of_another_shape(string claim, string json) =>
        Assert.Equal(TokenError.InvalidClaims, JudgeWith(claim, json));

    [Fact]
    public void Refuses_a_token_that_lacks_any_of_its_claims()
    {
        foreach (var claim in _world.Claims().Select(member => member.Key))
        {
            var claims = _world.Claims();
            claims.Remove(claim);
            Assert.NotEqual(TokenError.None, _world.Judge(_world.Forge(claims: claims)));
        }
    }

    [Fact]
    public void A_token_of_a_service_account_has_nothing_of_a_user_and_names_the_account_as_client()
    {
        JsonObject Claims()
        {
            var claims = _world.Claims();
            claims.Remove("sid");
            claims.Remove("epoch");
            claims["roles"] = new JsonArray();
            claims["secret_id"] = Guid.NewGuid().ToString();
            claims["client_id"] = claims["sub"]!.GetValue<string>();
            return claims;
        }

        Assert.True(_world.Accept(_world.Forge(claims: Claims())).IsServiceAccount);
        (string Claim, JsonNode? Value)[] mixtures =
        [
            ("sid", Guid.NewGuid().ToString()), ("epoch", 0), ("roles", new JsonArray("user")), ("client_id", "portico-web"),
            ("client_id", Guid.NewGuid().ToString()), ("secret_id", null), ("secret_id", "x"), ("secret_id", Guid.Empty.ToString()),
            ("roles", null),
        ];
        foreach (var (claim, value) in mixtures)
        {
            var claims = Claims();
            claims[claim] = value;
            Assert.Equal(TokenError.InvalidClaims, _world.Judge(_world.Forge(claims: claims)));
        }

        // A token of a user does not become one of a service account by a claim.
        var user = _world.Claims();
        user["secret_id"] = Guid.NewGuid().ToString();
        Assert.Equal(TokenError.InvalidClaims, _world.Judge(_world.Forge(claims: user)));
    }

    [Fact]
    public void Overlooks_claims_that_it_does_not_know()
    {
        var claims = _world.Claims();
        claims["acr"] = new JsonObject { ["level"] = new JsonArray(1, 2) };

        _world.Accept(_world.Forge(claims: claims));
    }

    private static TokenWorld World(string algorithm) => new(algorithm == "RS256" ? TokenWorld.Rsa : TokenWorld.Ec);

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

    private TokenError JudgeWith(string claim, string json)
    {
        var claims = _world.Claims().ToJsonString();
        var spoilt = JsonNode.Parse(claims)!.AsObject();
        var before = spoilt[claim]!.ToJsonString();
        var place = $"\"{claim}\":";
        // Written as text, because JsonNode would turn away numbers that no type holds.
        return _world.Judge(
            _world.ForgeText(_world.Header().ToJsonString(), claims.Replace(place + before, place + json, StringComparison.Ordinal)));
    }
}
