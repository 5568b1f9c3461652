using System.Net;

namespace Portico.IntegrationTests.Conventions;

public sealed class CorsTests(ProbeFixture probes) : IClassFixture<ProbeFixture>
{
    private ProbeApp App => probes.App;

    [Fact]
    public async Task Lets_listed_origins_read_and_no_other()
    {
        var listed = await App.Get(Requests.Probes, ("Origin", "https://app.example.com"));
        Assert.Equal("https://app.example.com", listed.Header("Access-Control-Allow-Origin"));
        foreach (var header in new[] { "Location", "Link", "ETag", "Retry-After", "X-Request-Id", "RateLimit", "api-supported-versions" })
            Assert.Contains(header, listed.Header("Access-Control-Expose-Headers"), StringComparison.Ordinal);
        foreach (var other in new[] { "https://app.example.com.evil.org", "http://app.example.com", "null" })
            Assert.Equal("", (await App.Get(Requests.Probes, ("Origin", other))).Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Answers_a_preflight_so_that_it_can_be_kept()
    {
        var response = await App.Send(
            HttpMethod.Options, Requests.Probes, ("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "PATCH"),
            ("Access-Control-Request-Headers", "authorization,idempotency-key"));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("3600", response.Header("Access-Control-Max-Age"));
        Assert.Contains("PATCH", response.Header("Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Contains("idempotency-key", response.Header("Access-Control-Allow-Headers"), StringComparison.OrdinalIgnoreCase);
    }
}
