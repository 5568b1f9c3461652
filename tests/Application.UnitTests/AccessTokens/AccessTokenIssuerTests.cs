using System.Text.Json.Nodes;
using Portico.Application.Common.Security;
using Portico.Domain.Users;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Application.UnitTests.AccessTokens;

public sealed class AccessTokenIssuerTests
{
    private readonly TokenWorld _world = new(TokenWorld.Rsa);

    [Fact]
    public void Writes_exactly_the_header_of_an_access_token()
    {
        var header = _world.Header();

        Assert.Equal(["alg", "typ", "kid"], header.Select(member => member.Key));
        Assert.Equal("RS256", (string?)header["alg"]);
        Assert.Equal("at+jwt", (string?)header["typ"]);
        Assert.Equal(TokenWorld.Rsa.Id, (string?)header["kid"]);
    }

    [Fact]
    public void Writes_exactly_the_promised_claims()
    {
        var claims = _world.Claims();

        Assert.Equal(
            ["iss", "aud", "sub", "sid", "jti", "client_id", "iat", "nbf", "exp", "epoch", "roles", "permissions"],
            claims.Select(member => member.Key));
        Assert.Equal("https://portico.test/bff", (string?)claims["iss"]);
        Assert.Equal("portico", (string?)claims["aud"]);
        Assert.Equal("portico-web", (string?)claims["client_id"]);
        Assert.Equal(_world.User.Id, (Guid?)claims["sub"]);
        Assert.Equal(_world.SessionId, (Guid?)claims["sid"]);
        Assert.Equal(TokenWorld.Noon.ToUnixTimeSeconds(), (long?)claims["iat"]);
        Assert.Equal(TokenWorld.Noon.ToUnixTimeSeconds(), (long?)claims["nbf"]);
        Assert.Equal(TokenWorld.Noon.AddMinutes(5).ToUnixTimeSeconds(), (long?)claims["exp"]);
        Assert.Equal(_world.User.Epoch, (int?)claims["epoch"]);
    }

    [Theory]
    [InlineData(Role.User, new[] { "user" })]
    [InlineData(Role.Manager, new[] { "manager", "user" })]
    [InlineData(Role.Admin, new[] { "admin", "manager", "user" })]
    public void Names_the_role_and_all_that_it_implies(Role role, string[] names)
    {
        var token = _world.Issuer.Issue(TokenWorld.Somebody(role), _world.SessionId).Value;

        var claims = TokenWorld.Json(token.Split('.')[1]);
        Assert.Equal(names, claims["roles"]!.AsArray().Select(name => (string?)name));
        Assert.Equal(Permissions.Of(role), claims["permissions"]!.AsArray().Select(name => (string)name!));
    }

    [Fact]
    public void Gives_every_token_an_id_of_its_own()
    {
        var ids = Enumerable.Range(0, 20).Select(_ => (string)_world.Claims()["jti"]!).ToArray();

        Assert.All(ids, id => Assert.Equal(22, id.Length));
        Assert.Equal(ids.Length, ids.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Tells_the_lifetime_that_the_token_has()
    {
        Assert.Equal(TimeSpan.FromMinutes(5), _world.Issuer.Issue(_world.User, _world.SessionId).Lifetime);
    }

    [Fact]
    public void Signs_with_the_new_key_after_a_rotation_and_still_takes_the_tokens_of_the_old()
    {
        var world = new TokenWorld(TokenWorld.Rsa);
        var before = world.Issue();

        world.Keys.Replace(new KeyRing(TokenWorld.Ec, [TokenWorld.Rsa]));

        Assert.Equal("ES256", (string?)world.Header()["alg"]);
        world.Accept(before);
        world.Accept(world.Issue());

        world.Keys.Replace(new KeyRing(TokenWorld.Ec, []));

        Assert.Equal(TokenError.UnknownKey, world.Judge(before));
    }

    [Fact]
    public void Escapes_what_the_settings_say_so_that_the_claims_stay_JSON()
    {
        var settings = new TokenSettings { Issuer = "https://portico.test", Audience = "a\"b\\c&d" };
        var issuer = new AccessTokenIssuer(_world.Keys, settings, _world.Clock);
        var validator = new AccessTokenValidator(_world.Keys, settings, _world.Clock);

        var token = issuer.Issue(_world.User, _world.SessionId).Value;

        Assert.Equal("a\"b\\c&d", (string?)JsonNode.Parse(TokenWorld.Json(token.Split('.')[1]).ToJsonString())!["aud"]);
        Assert.True(validator.TryValidate(token, out _, out _));
    }
}
