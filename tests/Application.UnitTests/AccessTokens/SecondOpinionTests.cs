using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Application.UnitTests.AccessTokens;

/// <summary>Microsoft's token handler and ours judge each other's tokens.</summary>
public sealed class SecondOpinionTests
{
    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task Our_tokens_and_keys_pass_there(string algorithm)
    {
        var world = TokenWorld.Of(algorithm);

        var result = await Judge(world, world.Issue());

        Assert.True(result.IsValid, result.Exception?.Message);
        Assert.Equal(world.User.Id.ToString(), result.Claims["sub"]);
        Assert.Equal(world.SessionId.ToString(), result.Claims["sid"]);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task Our_tokens_fail_there_once_they_are_changed(string algorithm)
    {
        var world = TokenWorld.Of(algorithm);
        var token = world.Issue();
        var at = token.LastIndexOf('.') + 10;
        var changed = token[..at] + (token[at] == 'A' ? 'B' : 'A') + token[(at + 1)..];

        Assert.IsAssignableFrom<SecurityTokenException>((await Judge(world, changed)).Exception);
    }

    [Fact]
    public void Their_tokens_with_our_keys_are_judged_by_what_they_say()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        foreach (var (key, credentials) in (IEnumerable<(TokenKey, SigningCredentials)>)
        [
            (TokenKey.Of(rsa), new(new RsaSecurityKey(rsa) { KeyId = TokenKey.Of(rsa).Id }, SecurityAlgorithms.RsaSha256)),
            (TokenKey.Of(ec), new(new ECDsaSecurityKey(ec) { KeyId = TokenKey.Of(ec).Id }, SecurityAlgorithms.EcdsaSha256)),
        ])
        {
            var world = new TokenWorld(key);
            var claims = world.Claims().ToJsonString();

            var right = Create(claims, credentials, "at+jwt");
            var otherType = Create(claims, credentials, "JWT");
            var otherAlgorithm = Create(
                claims, new(credentials.Key, credentials.Algorithm.Replace("256", "512", StringComparison.Ordinal)), "at+jwt");
            var otherAudience = Create(
                claims.Replace("\"aud\":\"portico\"", "\"aud\":\"other\"", StringComparison.Ordinal), credentials, "at+jwt");

            world.Accept(right);
            Assert.Equal(TokenError.WrongType, world.Judge(otherType));
            Assert.Equal(TokenError.WrongAlgorithm, world.Judge(otherAlgorithm));
            Assert.Equal(TokenError.WrongAudience, world.Judge(otherAudience));
        }
    }

    private static string Create(string claims, SigningCredentials credentials, string type) =>
        new JsonWebTokenHandler().CreateToken(claims, credentials, new Dictionary<string, object> { ["typ"] = type });

    private static Task<TokenValidationResult> Judge(TokenWorld world, string token)
    {
        var jwks = Encoding.UTF8.GetString(new TokenDiscovery(world.Keys, TokenWorld.Settings).Jwks().Json.Span);
        return new JsonWebTokenHandler().ValidateTokenAsync(token, new()
        {
            ValidIssuer = TokenWorld.Settings.Issuer,
            ValidAudience = TokenWorld.Settings.Audience,
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = ["RS256", "ES256"],
            IssuerSigningKeys = new JsonWebKeySet(jwks).GetSigningKeys(),
            LifetimeValidator = (notBefore, expires, _, _) =>
                notBefore <= TokenWorld.Noon.UtcDateTime && expires > TokenWorld.Noon.UtcDateTime,
        });
    }
}
