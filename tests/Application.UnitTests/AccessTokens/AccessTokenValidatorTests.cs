using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Portico.Application.Common.Security;
using Portico.Domain.Users;
using Portico.Infrastructure.AccessTokens;

namespace Portico.Application.UnitTests.AccessTokens;

public sealed class AccessTokenValidatorTests
{
    private readonly TokenWorld _world = new(TokenWorld.Rsa, TokenWorld.Ec);

    public static TheoryData<string> Signers => ["RS256", "ES256"];

    [Theory]
    [MemberData(nameof(Signers))]
    public void Reads_what_the_issuer_wrote(string algorithm)
    {
        var world = TokenWorld.Of(algorithm);
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
}
