using Portico.IntegrationTests.Browser;
using Portico.Testing;

namespace Portico.IntegrationTests.Cookies;

/// <summary>The cookie mode in Chromium, over TLS, with a tab that another tab signs out and with pages of other origins.</summary>
[Collection(CookieWorld.Tests.Name)]
public sealed class ChromiumTests(CookieWorld world)
{
    [Fact]
    public async Task A_browser_keeps_the_cookie_from_scripts_and_other_sites_and_signs_out_in_all_tabs()
    {
        var origin = new Uri(world.Origin);
        // A host of the same site that is not listed, and another site.
        var sibling = $"https://other.{origin.Authority}";
        var foreign = $"https://evil.localhost:{origin.Port}";
        await using var proxy = await ProxyServer.StartCaddyAsync(
            $$"""
            {{origin.OriginalString}}, {{sibling}}, {{foreign}} {
                tls internal
                handle /api/* {
                    reverse_proxy {{world.App.Api.Authority}}
                }
                handle /sent {
                    header Access-Control-Allow-Origin {http.request.header.Origin}
                    header Access-Control-Allow-Credentials true
                    respond "{http.request.header.Sec-Fetch-Site} {http.request.header.Cookie}"
                }
                handle {
                    header Content-Type text/html
                    respond "<!doctype html><title>A page</title><p>A page"
                }
            }
            """,
            origin.Port);
        var person = await world.App.SignUpAsync();

        var seen = await BrowserScript.RunAsync("tabs.mjs", world.Origin, sibling, foreign, person.Email, person.Password);

        Assert.Equal(200, seen.GetProperty("signedIn").GetProperty("status").GetInt32());
        Assert.DoesNotContain("oken", seen.GetProperty("signedIn").ToString(), StringComparison.Ordinal);
        var cookie = seen.GetProperty("cookie");
        Assert.Equal(CookieWorld.Cookie, cookie.Text("name"));
        Assert.Equal(("portico.localhost", "/", "Strict"), (cookie.Text("domain"), cookie.Text("path"), cookie.Text("sameSite")));
        Assert.True(cookie.GetProperty("httpOnly").GetBoolean() && cookie.GetProperty("secure").GetBoolean());
        Assert.Equal("", seen.Text("script"));

        (string, string, bool)[] pages = [("sibling", "same-site", true), ("foreign", "cross-site", false)];
        foreach (var (page, site, sendsCookie) in pages)
        {
            var forged = seen.GetProperty("forged").GetProperty(page);
            Assert.Equal((site, sendsCookie), (forged.Text("site"), forged.GetProperty("sentCookie").GetBoolean()));
            Assert.Equal((403, 403), (forged.GetProperty("script").GetInt32(), forged.GetProperty("form").GetInt32()));
            Assert.False(forged.GetProperty("readable").GetBoolean());
        }

        Assert.Equal(200, seen.GetProperty("still").GetInt32());
        Assert.Equal(204, seen.GetProperty("signedOut").GetInt32());
        Assert.InRange(seen.GetProperty("milliseconds").GetInt32(), 0, 1000);
        Assert.Equal(401, seen.GetProperty("after").GetInt32());
        Assert.Equal(0, seen.GetProperty("left").GetInt32());
    }
}
