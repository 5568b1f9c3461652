using System.Text.Json.Nodes;
using Portico.Application.Common.Security;
using Portico.Infrastructure.AccessTokens;

namespace Portico.Application.UnitTests.AccessTokens;

/// <summary>The header of an access token.</summary>
public sealed class AccessTokenHeaderTests
{
    private readonly TokenWorld _world = new(TokenWorld.Rsa, TokenWorld.Ec);

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
}
