using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.SecondFactors;

namespace Portico.Application.UnitTests.SecondFactors;

public sealed class SecondFactorSettingsTests
{
    [Theory]
    [InlineData("example.com", "https://example.com")]
    [InlineData("example.com", "https://app.example.com:8443")]
    [InlineData("example.com", "android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0")]
    [InlineData("localhost", "http://localhost:5173")]
    [InlineData("b\u00FCcher.example", "https://app.b\u00FCcher.example")]
    [InlineData("xn--bcher-kva.example", "https://b\u00FCcher.example")]
    [InlineData("b\u00FCcher.example", "https://xn--bcher-kva.example")]
    public void Takes_origins_of_the_domain(string domain, string origin) =>
        Assert.Empty(new SecondFactorSettings { RelyingPartyId = domain, Origins = [origin] }.Validate());

    [Theory]
    [InlineData("https://example.com", "https://example.com", "SecondFactors:RelyingPartyId")]
    [InlineData("Example.com", "https://example.com", "SecondFactors:RelyingPartyId")]
    [InlineData("192.0.2.1", "https://192.0.2.1", "SecondFactors:RelyingPartyId")]
    [InlineData("example.com", "https://example.com.evil.example", "SecondFactors:Origins:0")]
    [InlineData("example.com", "https://notexample.com", "SecondFactors:Origins:0")]
    [InlineData("example.com", "http://example.com", "SecondFactors:Origins:0")]
    [InlineData("example.com", "https://example.com/", "SecondFactors:Origins:0")]
    [InlineData("example.com", "https://Example.com", "SecondFactors:Origins:0")]
    [InlineData("example.com", "example.com", "SecondFactors:Origins:0")]
    [InlineData("", "https://example.com", "SecondFactors:RelyingPartyId")]
    [InlineData("b\u00FCcher.example", "https://bucher.example", "SecondFactors:Origins:0")]
    [InlineData("xn--\u00FC.example", "https://xn--\u00FC.example", "SecondFactors:RelyingPartyId")]
    [InlineData("example.com", null, "SecondFactors:Origins:0")]
    public void Names_the_setting_that_is_wrong(string domain, string? origin, string setting) => Assert.Contains(
        new SecondFactorSettings { RelyingPartyId = domain, Origins = origin is null ? [] : [origin] }.Validate(),
        problem => problem.StartsWith(setting, StringComparison.Ordinal));

    [Theory]
    [InlineData("https://api.example.com", "api.example.com", "https://api.example.com")]
    [InlineData("http://localhost:5080", "localhost", "http://localhost:5080")]
    [InlineData("http://127.0.0.1:5080", "localhost", "http://localhost:5080")]
    [InlineData("http://[::1]:5080/api", "localhost", "http://localhost:5080")]
    [InlineData("https://b\u00FCcher.example:8443", "xn--bcher-kva.example", "https://xn--bcher-kva.example:8443")]
    [InlineData("http://192.0.2.1:5080", null, null)]
    public void Without_settings_the_issuer_is_the_relying_party(string issuer, string? domain, string? origin)
    {
        var party = new SecondFactorSettings().RelyingPartyOf(new Uri(issuer));
        Assert.Equal(domain, party?.Id);
        Assert.Equal(origin, party?.Origins.Single());
    }

    [Fact]
    public void Browsers_know_international_domains_in_punycode_only()
    {
        var settings = new SecondFactorSettings
        {
            RelyingPartyId = "b\u00FCcher.example",
            Origins = ["https://app.b\u00FCcher.example:8443", "android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0"],
        };

        var party = settings.RelyingPartyOf(new Uri("https://api.example.com"))!.Value;

        Assert.Equal("xn--bcher-kva.example", party.Id);
        Assert.Equal(
            ["android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0", "https://app.xn--bcher-kva.example:8443"],
            party.Origins.Order(StringComparer.Ordinal));
    }
}
