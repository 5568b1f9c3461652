using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portico.Application.Common.Security;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Application.UnitTests.SigningKeys;

public sealed class TokenSettingsTests
{
    private static readonly string Key = Convert.ToBase64String(new byte[32]);

    [Fact]
    public void Finds_nothing_wrong_with_good_values() => Assert.Empty(With("Tokens:Audience", "portico").Validate());

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
    [InlineData("Tokens:Algorithm", "")]
    [InlineData("Tokens:Algorithm", "none")]
    [InlineData("Tokens:Algorithm", "rs256")]
    [InlineData("Tokens:SealingKey", "")]
    [InlineData("Tokens:SealingKey", "c2hvcnQ=")]
    [InlineData("Tokens:OtherSealingKey", "c2hvcnQ=")]
    [InlineData("Tokens:SigningKeyLead", "00:00:03")]
    [InlineData("Tokens:SigningKeyLead", "31.00:00:00")]
    [InlineData("Tokens:SigningKeyLifetime", "366.00:00:00")]
    public void Names_the_setting_that_is_wrong(string setting, string value)
    {
        var problem = Assert.Single(With(setting, value).Validate());

        Assert.StartsWith(setting, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Registers_an_issuer_and_a_validator_that_agree()
    {
        using var services = Provider("Tokens:ClientId", "portico-web");
        services.GetRequiredService<TokenKeys>().Replace(new KeyRing(TokenWorld.Rsa, [TokenWorld.Ec]));

        var token = services.GetRequiredService<IAccessTokenIssuer>().Issue(TokenWorld.Somebody(), Guid.CreateVersion7());

        Assert.True(services.GetRequiredService<AccessTokenValidator>().TryValidate(token.Value, out _, out _));
        Assert.Contains(
            TokenWorld.Ec.Id,
            System.Text.Encoding.UTF8.GetString(services.GetRequiredService<TokenDiscovery>().Jwks().Json.Span),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Stops_the_program_with_the_name_of_the_setting()
    {
        using var services = Provider("Tokens:SealingKey", "c2hvcnQ=");

        var exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains("Tokens:SealingKey must be at least 32 bytes in base64.", exception.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Provider(string setting, string value) =>
        new ServiceCollection().AddTokens(Configuration(setting, value)).BuildServiceProvider();

    private static TokenSettings With(string setting, string value) =>
        Configuration(setting, value).GetSection("Tokens").Get<TokenSettings>()!;

    private static IConfigurationRoot Configuration(string setting, string value)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Tokens:Issuer"] = "https://portico.test",
            ["Tokens:SealingKey"] = Key,
            [setting] = value,
        };
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }
}
