using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portico.IntegrationTests.Cookies;

/// <summary>What a foreign page makes a browser send is refused before any work.</summary>
[Collection(CookieWorld.Tests.Name)]
public sealed class CsrfTests(CookieWorld world)
{
    private const string Refused = "cross_site_request";
    private const string Me = "/api/v1/users/me";

    private static readonly string[] Methods = ["POST", "PUT", "PATCH", "DELETE"];

    // OWN, LISTED and FOREIGN stand for origins.
    private static readonly (string Fault, string[] Headers)[] Faults =
    [
        ("without the header", ["Origin: OWN", "Sec-Fetch-Site: same-origin"]),
        ("with another value", ["Origin: OWN", "X-CSRF: 0"]),
        ("with two values", ["Origin: OWN", "X-CSRF: 1", "X-CSRF: 1"]),
        ("without an origin", ["X-CSRF: 1", "Sec-Fetch-Site: same-origin"]),
        ("of no origin", ["Origin: null", "X-CSRF: 1"]),
        ("of a foreign origin", ["Origin: https://evil.example.com", "X-CSRF: 1", "Sec-Fetch-Site: cross-site"]),
        ("of an unlisted host of the site", ["Origin: SIBLING", "X-CSRF: 1", "Sec-Fetch-Site: same-site"]),
        ("of an origin that begins like a listed one", ["Origin: LISTED.evil.example.com", "X-CSRF: 1"]),
        ("of two origins", ["Origin: OWN", "Origin: https://evil.example.com", "X-CSRF: 1"]),
        ("of a listed origin in other letters", ["Origin: UPPER", "X-CSRF: 1"]),
        ("of the own origin that the browser calls foreign", ["Origin: OWN", "X-CSRF: 1", "Sec-Fetch-Site: cross-site"]),
        ("of the own origin that the browser calls a sibling", ["Origin: OWN", "X-CSRF: 1", "Sec-Fetch-Site: same-site"]),
        ("of the address bar", ["Origin: OWN", "X-CSRF: 1", "Sec-Fetch-Site: none"]),
        ("with a site that is unknown", ["Origin: OWN", "X-CSRF: 1", "Sec-Fetch-Site: nonsense"]),
    ];

    public static TheoryData<string, string> Matrix()
    {
        var rows = new TheoryData<string, string>();
        foreach (var method in Methods)
        {
            foreach (var (fault, _) in Faults)
                rows.Add(method, fault);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Refuses_a_change_by_the_cookie(string method, string fault)
    {
        var browser = await SignedIn();
        var headers = Headers(Faults.Single(row => row.Fault == fault).Headers);
        // Those that have no such action are refused as well: nothing is looked at.
        await browser.SendRawAsync(new HttpMethod(method), Me, new { displayName = "Mallory" }, headers)
            .Problem(HttpStatusCode.Forbidden, Refused);
        Assert.NotEqual("Mallory", (await browser.SendAsync(HttpMethod.Get, Me).Json(HttpStatusCode.OK)).Text("displayName"));
    }

    [Theory]
    [InlineData("Origin: OWN", "X-CSRF: 1", "Sec-Fetch-Site: same-origin")]
    [InlineData("Origin: OWN", "X-CSRF: 1")]
    [InlineData("Origin: LISTED", "X-CSRF: 1", "Sec-Fetch-Site: same-site")]
    [InlineData("Origin: LISTED", "X-CSRF: 1", "Sec-Fetch-Site: cross-site")]
    [InlineData("Origin: LISTED", "X-CSRF: 1")]
    public async Task Accepts_a_change_of_a_page_that_is_allowed(params string[] headers)
    {
        var browser = await SignedIn();
        var name = $"Ada {Guid.NewGuid():N}";
        var changed = await browser.SendRawAsync(HttpMethod.Patch, Me, new { displayName = name }, Headers(headers))
            .Json(HttpStatusCode.OK);
        Assert.Equal(name, changed.Text("displayName"));
    }

    [Theory]
    [InlineData("login")]
    [InlineData("login/challenge")]
    [InlineData("register")]
    [InlineData("exchange")]
    public async Task Refuses_a_sign_in_that_a_foreign_page_began(string path)
    {
        var person = await world.App.SignUpAsync();
        foreach (var (_, headers) in Faults)
        {
            // Also with a token, which does not make the cookie of the answer harmless.
            foreach (var token in (string?[])[null, person.AccessToken])
            {
                var browser = world.Browser();
                (string, string)[] all = token is null ? Headers(headers) : [.. Headers(headers), ("Authorization", $"Bearer {token}")];
                await browser.SendRawAsync(HttpMethod.Post, $"{CookieBrowser.Path}/{path}", new { person.Email, person.Password }, all)
                    .Problem(HttpStatusCode.Forbidden, Refused);
                Assert.Null(browser.Cookie);
            }
        }
    }

    [Fact]
    public async Task Refuses_before_the_body_arrives()
    {
        var browser = await SignedIn();
        using var socket = new TcpClient();
        await socket.ConnectAsync(world.App.Api.Host, world.App.Api.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"PATCH {Me} HTTP/1.1\r\nHost: x\r\nCookie: {CookieWorld.Cookie}={browser.Cookie}\r\nContent-Type: application/json\r\n"
            + "Content-Length: 1000\r\n\r\n"));
        using var reader = new StreamReader(stream, Encoding.ASCII);
        Assert.Equal("HTTP/1.1 403 Forbidden", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Lets_listed_pages_read_with_the_cookie_and_refuses_foreign_ones()
    {
        var browser = await SignedIn();
        using var listed = await browser.SendRawAsync(HttpMethod.Get, Me, null, ("Origin", world.Frontend));
        Assert.Equal(HttpStatusCode.OK, listed.StatusCode);
        Assert.Equal([world.Frontend], listed.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(["true"], listed.Headers.GetValues("Access-Control-Allow-Credentials"));

        var other = world.Origin.Replace("portico.", "x.", StringComparison.Ordinal);
        foreach (var origin in (string[])["https://evil.example.com", "null", other])
        {
            using var foreign = await browser.SendRawAsync(HttpMethod.Get, Me, null, ("Origin", origin));
            await foreign.Problem(HttpStatusCode.Forbidden, Refused);
            Assert.False(foreign.Headers.Contains("Access-Control-Allow-Origin"));
            Assert.False(foreign.Headers.Contains("Access-Control-Allow-Credentials"));
        }
    }

    [Fact]
    public async Task Lets_a_listed_page_ask_for_the_header_and_the_cookie_in_advance()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, Me);
        request.Headers.Add("Origin", world.Frontend);
        request.Headers.Add("Access-Control-Request-Method", "PATCH");
        request.Headers.Add("Access-Control-Request-Headers", "content-type,x-csrf");
        using var answer = await world.App.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(["true"], answer.Headers.GetValues("Access-Control-Allow-Credentials"));
        Assert.Contains("X-CSRF", answer.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Asks_nothing_of_callers_without_the_cookie()
    {
        var person = await world.App.SignUpAsync();
        await person.SendAsync(HttpMethod.Patch, Me, new { displayName = "Ada" }).Json(HttpStatusCode.OK);
        await person.LogInAsync().Json(HttpStatusCode.OK);
    }

    private async Task<CookieBrowser> SignedIn() => (await world.SharedAsync()).At(world.App);

    private (string Name, string Value)[] Headers(string[] lines) =>
    [
        .. lines.Select(line => line.Split(": ", 2)).Select(line => (line[0], line[1]
            .Replace("OWN", world.Origin, StringComparison.Ordinal)
            .Replace("LISTED", world.Frontend, StringComparison.Ordinal)
            .Replace("UPPER", world.Frontend.ToUpperInvariant(), StringComparison.Ordinal)
            .Replace("SIBLING", world.Origin.Replace("portico.", "other.portico.", StringComparison.Ordinal), StringComparison.Ordinal))),
    ];
}
