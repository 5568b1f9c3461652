using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Portico.WebApi.Pages;

namespace Portico.IntegrationTests.Conventions;

/// <summary>What a browser gets from an API: a page of links at <c>/</c>, and the Swagger UI.</summary>
public sealed partial class PageTests(ProbeFixture probes) : IClassFixture<ProbeFixture>
{
    private const string Browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

    private ProbeApp App => probes.App;

    [Fact]
    public async Task A_browser_gets_a_page_whose_links_lead_somewhere()
    {
        var response = await App.Get("/", ("Accept", Browser));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html; charset=utf-8", response.Header("Content-Type"));
        Assert.Equal("Accept", response.Header("Vary"));
        var html = await response.Content.ReadAsStringAsync();
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        var links = Links().Matches(html).Select(match => match.Groups[1].Value).ToArray();
        Assert.All(
            ["swagger", "openapi/v1.json", "health/live", "health/ready", ".well-known/jwks.json"], link => Assert.Contains(link, links));
        foreach (var link in links)
            Assert.Equal((link, HttpStatusCode.OK), (link, (await App.Get($"/{link}")).StatusCode));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/swagger/index.html")]
    public async Task Its_policy_allows_its_own_inline_code_and_no_other(string path)
    {
        var response = await App.Get(path, ("Accept", Browser));
        var policy = response.Header("Content-Security-Policy");
        Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        var html = await response.Content.ReadAsStringAsync();
        var inline = Inline().Matches(html).Select(match => match.Groups[1].Value.ReplaceLineEndings("\n")).ToArray();
        Assert.NotEmpty(inline);
        string[] added = path == "/" ? [] : [SwaggerPage.LogoStyle];
        var hashes = inline.Concat(added)
            .Select(text => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'").ToArray();
        Assert.Equal(hashes, Hashes().Matches(policy).Select(match => match.Value));
        // No attribute runs code or sets a style: a hash would not allow it.
        Assert.DoesNotMatch("(?i)<[^>]*\\s(on[a-z]+|style)\\s*=", html);
    }

    [Theory]
    [InlineData("*/*")]
    [InlineData("application/json")]
    [InlineData("text/html;q=0, */*")]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task A_program_gets_problem_details(string accept)
    {
        var response = await App.Get("/", ("Accept", accept));
        await response.Problem(HttpStatusCode.NotFound, "not_found");
        Assert.Equal("Accept", response.Header("Vary"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/swagger/index.html")]
    public async Task Head_answers_as_get_without_the_body(string path)
    {
        var got = await App.Get(path, ("Accept", Browser));
        var head = await App.Send(HttpMethod.Head, path, ("Accept", Browser));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(got.Header("Content-Security-Policy"), head.Header("Content-Security-Policy"));
        Assert.Equal(got.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task The_swagger_page_shows_the_document_of_the_framework_and_signs_in_by_itself()
    {
        var response = await App.Get("/swagger");
        Assert.Equal(new Uri(App.Api, "/swagger/index.html"), response.RequestMessage!.RequestUri);
        var html = await response.Content.ReadAsStringAsync();
        Assert.Contains("/openapi/v1.json", html, StringComparison.Ordinal);
        Assert.Contains("<script  src=\"/swagger/sign-in.js\">", html, StringComparison.Ordinal);
        Assert.DoesNotContain("redoc", html, StringComparison.OrdinalIgnoreCase);
        foreach (var file in new[] { "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "swagger-ui.css", "sign-in.js" })
            Assert.Equal((file, HttpStatusCode.OK), (file, (await App.Get($"/swagger/{file}")).StatusCode));
        var preset = await App.Client.GetStringAsync("/swagger/swagger-ui-standalone-preset.js");
        Assert.Contains(SwaggerPage.LogoStyle, preset, StringComparison.Ordinal);
    }

    [GeneratedRegex("href=\"(?<link>[^\"]+)\">[A-Z]", RegexOptions.None, 1000)]
    private static partial Regex Links();

    [GeneratedRegex("<(?:script|style)>(?<body>.*?)</(?:script|style)>", RegexOptions.Singleline, 1000)]
    private static partial Regex Inline();

    [GeneratedRegex("'sha256-[^']+'", RegexOptions.None, 1000)]
    private static partial Regex Hashes();
}
