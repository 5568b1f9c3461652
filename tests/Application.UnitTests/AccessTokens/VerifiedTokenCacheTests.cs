using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Application.UnitTests.AccessTokens;

public sealed class VerifiedTokenCacheTests
{
    private readonly TokenWorld _world = new(TokenWorld.Ec, TokenWorld.Rsa);
    private readonly VerifiedTokenCache _tokens;

    public VerifiedTokenCacheTests() => _tokens = new(_world.Validator, _world.Keys, TokenWorld.Settings, _world.Clock);

    [Fact]
    public void Says_the_same_of_a_token_every_time()
    {
        var token = _world.Issue();
        Assert.True(_tokens.TryValidate(token, out var first, out _));
        Assert.True(_tokens.TryValidate(token, out var second, out var error));

        Assert.Same(first, second);
        Assert.Equal(TokenError.None, error);
        Assert.Equal(_world.SessionId, second!.SessionId);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    [InlineData(-1)]
    public void Takes_no_token_for_another(int at)
    {
        var token = _world.Issue();
        Assert.True(_tokens.TryValidate(token, out _, out _));
        var index = at < 0 ? token.Length - 3 : at;
        var changed = token.Remove(index, 1).Insert(index, token[index] == 'A' ? "B" : "A");

        Assert.False(_tokens.TryValidate(changed, out var claims, out _));
        Assert.Null(claims);
        Assert.False(_tokens.TryValidate(token + "=", out _, out _));
        Assert.False(_tokens.TryValidate("", out _, out _));
        Assert.False(_tokens.TryValidate(new string('A', AccessTokenValidator.MaxLength + 1), out _, out var error));
        Assert.Equal(TokenError.TooLarge, error);
    }

    [Fact]
    public void Ends_a_known_token_at_its_time_and_begins_it_no_earlier()
    {
        var token = _world.Issue();
        Assert.True(_tokens.TryValidate(token, out _, out _));

        _world.Clock.Now =
            TokenWorld.Noon + TokenWorld.Settings.AccessTokenLifetime + TokenWorld.Settings.ClockSkew - TimeSpan.FromTicks(1);
        Assert.True(_tokens.TryValidate(token, out _, out _));
        _world.Clock.Now = TokenWorld.Noon + TokenWorld.Settings.AccessTokenLifetime + TokenWorld.Settings.ClockSkew;
        Assert.False(_tokens.TryValidate(token, out _, out var error));
        Assert.Equal(TokenError.Expired, error);

        _world.Clock.Now = TokenWorld.Noon - TimeSpan.FromHours(1);
        Assert.False(_tokens.TryValidate(token, out _, out error));
        Assert.Equal(TokenError.NotYetValid, error);
    }

    [Fact]
    public void Forgets_a_known_token_with_its_key()
    {
        var token = _world.Issue();
        Assert.True(_tokens.TryValidate(token, out _, out _));

        _world.Keys.Replace(new KeyRing(TokenWorld.Rsa, [TokenWorld.Ec]));
        Assert.True(_tokens.TryValidate(token, out _, out _));
        _world.Keys.Replace(new KeyRing(TokenWorld.Rsa, []));
        Assert.False(_tokens.TryValidate(token, out _, out var error));
        Assert.Equal(TokenError.UnknownKey, error);
    }

    [Fact]
    public void Is_right_about_more_tokens_than_it_remembers()
    {
        var first = _world.Issue();
        Assert.True(_tokens.TryValidate(first, out _, out _));
        for (var n = 0; n < 21_000; n++)
            Assert.True(_tokens.TryValidate(_world.Issue(), out _, out _));

        Assert.True(_tokens.TryValidate(first, out _, out _));
        Assert.InRange(_tokens.Count, 10_000, 20_000);
    }
}
