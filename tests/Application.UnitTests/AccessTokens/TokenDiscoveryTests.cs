using System.Text.Json.Nodes;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Application.UnitTests.AccessTokens;

public sealed class TokenDiscoveryTests
{
    private readonly TokenKeys _keys = new(new KeyRing(TokenWorld.Rsa, [TokenWorld.Ec, TokenWorld.Rsa]));
    private readonly TokenDiscovery _discovery;

    public TokenDiscoveryTests() => _discovery = new(_keys, TokenWorld.Settings);

    [Fact]
    public void Publishes_every_key_once_and_the_signer_first()
    {
        var keys = Json(_discovery.Jwks())["keys"]!.AsArray();

        Assert.Equal([TokenWorld.Rsa.Id, TokenWorld.Ec.Id], keys.Select(key => (string)key!["kid"]!));
        Assert.Equal(["RS256", "ES256"], keys.Select(key => (string)key!["alg"]!));
    }

    [Fact]
    public void Publishes_no_private_parameter()
    {
        var names = Json(_discovery.Jwks())["keys"]!.AsArray().SelectMany(key => key!.AsObject()).Select(member => member.Key);

        Assert.Empty(names.Intersect(["d", "p", "q", "dp", "dq", "qi", "oth", "k"], StringComparer.Ordinal));
    }

    [Fact]
    public void Says_where_the_keys_are_and_which_algorithms_they_have()
    {
        var metadata = Json(_discovery.Metadata());

        Assert.Equal("https://portico.test/bff", (string?)metadata["issuer"]);
        Assert.Equal("https://portico.test/bff/.well-known/jwks.json", (string?)metadata["jwks_uri"]);
        Assert.Equal(["RS256", "ES256"], metadata["id_token_signing_alg_values_supported"]!.AsArray().Select(name => (string)name!));
        Assert.Empty(metadata["response_types_supported"]!.AsArray());
        Assert.Empty(metadata["grant_types_supported"]!.AsArray());
    }

    [Fact]
    public void Keeps_its_tags_until_the_keys_change()
    {
        var (jwks, metadata) = (_discovery.Jwks(), _discovery.Metadata());

        Assert.Matches("^\"[A-Za-z0-9_-]{22}\"$", jwks.ETag);
        Assert.Same(jwks, _discovery.Jwks());
        Assert.Equal(jwks.ETag, new TokenDiscovery(_keys, TokenWorld.Settings).Jwks().ETag);
        Assert.NotEqual(jwks.ETag, metadata.ETag);

        _keys.Replace(new KeyRing(TokenWorld.Rsa, []));

        Assert.NotEqual(jwks.ETag, _discovery.Jwks().ETag);
        Assert.NotEqual(metadata.ETag, _discovery.Metadata().ETag);
        Assert.Equal(
            ["RS256"], Json(_discovery.Metadata())["id_token_signing_alg_values_supported"]!.AsArray().Select(name => (string)name!));
    }

    private static JsonObject Json(DiscoveryDocument document) => JsonNode.Parse(document.Json.Span)!.AsObject();
}
