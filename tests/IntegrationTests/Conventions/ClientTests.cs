using System.Net;

namespace Portico.IntegrationTests.Conventions;

public sealed class ClientTests
{
    [Theory]
    [InlineData("127.0.0.0/8", "203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.1", "198.51.100.9, 203.0.113.7", "203.0.113.7")]
    [InlineData("10.0.0.0/8", "203.0.113.7", "127.0.0.1")]
    [InlineData(null, "203.0.113.7", "127.0.0.1")]
    public async Task Believes_trusted_proxies_only(string? trusted, string forwarded, string expected)
    {
        await using var app = await ProbeApp.StartAsync(trusted is null ? [] : [("Proxies:Trusted:0", trusted)]);
        var mine = await app.Get(
            $"{Requests.Probes}/mine", ("Authorization", $"Bearer {app.SignIn().Token}"), ("X-Forwarded-For", forwarded))
            .Json(HttpStatusCode.OK);
        Assert.Equal(expected, mine.Text("displayName").Split(' ')[0]);
    }

    [Theory]
    [InlineData("ru-RU, en;q=0.5", "ru-RU")]
    [InlineData("de;q=0.1, fr;q=0.9", "fr")]
    [InlineData("*", "en")]
    [InlineData("!!!", "en")]
    [InlineData(null, "en")]
    public async Task Knows_the_language_that_is_preferred(string? header, string expected)
    {
        await using var app = await ProbeApp.StartAsync();
        (string, string)[] headers = header is null ? [] : [("Accept-Language", header)];
        var mine = await app.Get($"{Requests.Probes}/mine", [("Authorization", $"Bearer {app.SignIn().Token}"), .. headers])
            .Json(HttpStatusCode.OK);
        Assert.Equal(expected, mine.Text("displayName").Split(' ')[1]);
    }
}
