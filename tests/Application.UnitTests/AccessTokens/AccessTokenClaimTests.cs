using System.Text.Json.Nodes;
using Portico.Application.Common.Security;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Application.UnitTests.AccessTokens;

/// <summary>The claims of an access token.</summary>
public sealed class AccessTokenClaimTests
{
    private readonly TokenWorld _world = new(TokenWorld.Rsa, TokenWorld.Ec);

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
