using Portico.Infrastructure.SigningKeys;
using Portico.WebApi.Cookies;
using Portico.WebApi.Http;
using Portico.WebApi.OAuth;

namespace Portico.IntegrationTests.Cookies;

/// <summary>Which pages may use the cookie of a session.</summary>
public sealed class BrowserOriginsTests
{
    [Theory]
    [InlineData("\u043F\u0440\u0438\u043C\u0435\u0440.\u0440\u0444")]
    [InlineData("xn--e1afmkfd.xn--p1ai")]
    public void An_international_domain_is_the_one_that_browsers_write_as_punycode(string domain)
    {
        var origins = new BrowserOrigins(
            new CrossOriginSettings { Origins = [$"https://app.{domain}:8443"] },
            new ConfiguredProviders([], new OAuthSettings { PublicUrl = $"https://{domain}" }, new TokenSettings()));

        Assert.True(origins.IsAllowed("https://xn--e1afmkfd.xn--p1ai"));
        Assert.True(origins.IsListed("https://app.xn--e1afmkfd.xn--p1ai:8443"));
        Assert.False(origins.IsAllowed("https://app.xn--e1afmkfd.xn--p1ai"));
        Assert.False(origins.IsListed("https://xn--e1afmkfd.xn--p1ai"));
    }
}
