namespace Portico.IntegrationTests.Conventions;

public sealed class HeaderTests(ProbeFixture probes) : IClassFixture<ProbeFixture>
{
    private ProbeApp App => probes.App;

    [Theory]
    [InlineData("/api/v1/probes")]
    [InlineData("/nowhere")]
    [InlineData("/health/live")]
    [InlineData("/api/v1/probes/fails?how=bug")]
    public async Task Protects_every_answer(string path)
    {
        var response = await App.Get(path);
        Assert.Equal("nosniff", response.Header("X-Content-Type-Options"));
        Assert.Equal("no-referrer", response.Header("Referrer-Policy"));
        Assert.Equal("DENY", response.Header("X-Frame-Options"));
        Assert.Contains("default-src 'none'", response.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal("", response.Header("Server"));
        Assert.Equal("no-store", response.Header("Cache-Control"));
        Assert.NotEqual("", response.Header("X-Request-Id"));
    }

    [Fact]
    public async Task Keeps_what_an_endpoint_says_of_caching() =>
        Assert.Equal("public, max-age=60", (await App.Get($"{Requests.Probes}/kept")).Header("Cache-Control"));

    [Theory]
    [InlineData(null)]
    [InlineData("https://app.example.com")]
    [InlineData("https://elsewhere.example.com")]
    [Trait("Category", "Cases")]
    public async Task Tells_shared_caches_that_the_origin_matters(string? origin)
    {
        (string, string)[] headers = origin is null ? [] : [("Origin", origin)];
        foreach (var path in (string[])[$"{Requests.Probes}/kept", "/.well-known/jwks.json"])
            Assert.Equal("Origin", (await App.Get(path, headers)).Header("Vary"));
    }

    [Fact]
    public async Task Asks_for_tls_where_there_is_tls()
    {
        Assert.Equal("", (await App.Get(Requests.Probes)).Header("Strict-Transport-Security"));
        Assert.StartsWith(
            "max-age=31536000",
            (await App.Get(Requests.Probes, ("X-Forwarded-Proto", "https"))).Header("Strict-Transport-Security"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_the_versions() => Assert.Equal("1.0", (await App.Get(Requests.Probes)).Header("api-supported-versions"));
}
