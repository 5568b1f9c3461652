using System.Net;
using System.Text.Json;

namespace Portico.IntegrationTests.Conventions;

/// <summary>What a client learns about the versions of an address: in the headers of its answer, and in the OpenAPI documents.</summary>
public sealed class VersionTests(ProbeFixture probes) : IClassFixture<ProbeFixture>
{
    private const string Old = "/api/v0.9/old-probes";
    private const string Current = "/api/v1/old-probes";

    private ProbeApp App => probes.App;

    [Fact]
    public async Task A_deprecated_version_answers_with_its_dates_and_where_to_read_about_them()
    {
        // The next page is named beside them.
        var response = await App.Get($"{Old}?limit=20");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("1.0", response.Header("api-supported-versions"));
        Assert.Equal("0.9", response.Header("api-deprecated-versions"));
        Assert.Equal($"@{new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds()}", response.Header("Deprecation"));
        Assert.Equal("Sun, 31 Jan 2027 00:00:00 GMT", response.Header("Sunset"));
        var links = response.Header("Link");
        Assert.Contains("<https://docs.example.com/v1>; rel=\"deprecation\"", links, StringComparison.Ordinal);
        Assert.Contains("<https://docs.example.com/versions>; rel=\"sunset\"", links, StringComparison.Ordinal);
        Assert.Contains($"<{Old}?limit=20&cursor=", links, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_of_a_deprecated_version_has_them_too()
    {
        var response = await App.Get($"{Old}?limit=0");
        await response.Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.NotEqual("", response.Header("Deprecation"));
        Assert.NotEqual("", response.Header("Sunset"));
    }

    [Fact]
    public async Task A_supported_version_names_the_deprecated_one_and_no_date()
    {
        var response = await App.Get(Current);
        Assert.Equal("1.0", response.Header("api-supported-versions"));
        Assert.Equal("0.9", response.Header("api-deprecated-versions"));
        Assert.Equal("", response.Header("Deprecation"));
        Assert.Equal("", response.Header("Sunset"));
    }

    [Fact]
    public async Task A_page_of_another_origin_may_read_them()
    {
        var response = await App.Get(Old, ("Origin", "https://app.example.com"));
        var exposed = response.Header("Access-Control-Expose-Headers").Split(',');
        foreach (var header in new[] { "api-supported-versions", "api-deprecated-versions", "Deprecation", "Sunset" })
            Assert.Contains(header, exposed);
    }

    [Fact]
    public async Task The_document_marks_the_operations_of_a_deprecated_version()
    {
        var operation = await Operation("v0.9", Old);
        Assert.True(operation.GetProperty("deprecated").GetBoolean());
        Assert.Equal(
            "Version 0.9 is deprecated since 2026-01-31. It is served until 2027-01-31. " +
            "See [How to move to version 1](https://docs.example.com/v1). See [Versions and their end](https://docs.example.com/versions).",
            operation.Text("description"));
        Assert.False((await Operation("v1", Current)).TryGetProperty("deprecated", out _));
    }

    [Fact]
    public async Task A_document_has_the_addresses_of_its_version_and_no_parameter_for_it()
    {
        var old = (await Document("v0.9")).GetProperty("paths").EnumerateObject().Select(path => path.Name);
        Assert.Equal(Old, Assert.Single(old, path => path.StartsWith("/api/", StringComparison.Ordinal)));
        var current = (await Document("v1")).GetProperty("paths").EnumerateObject().ToArray();
        Assert.Contains(current, path => path.Name == Current);
        Assert.DoesNotContain(current, path => path.Name.Contains("0.9", StringComparison.Ordinal));
        var parameters = current.SelectMany(path => path.Value.EnumerateObject())
            .SelectMany(operation => operation.Value.TryGetProperty("parameters", out var list) ? list.EnumerateArray().ToArray() : []);
        Assert.DoesNotContain(parameters, parameter => parameter.Text("name").Contains("version", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("v2")]
    [InlineData("v1x")]
    [InlineData("v0_9")]
    public async Task There_is_no_document_of_another_version(string version) =>
        await App.Get($"/openapi/{version}.json").Problem(HttpStatusCode.NotFound, "not_found");

    private async Task<JsonElement> Operation(string version, string path) =>
        (await Document(version)).GetProperty("paths").GetProperty(path).GetProperty("get");

    private Task<JsonElement> Document(string version) => App.Get($"/openapi/{version}.json").Json(HttpStatusCode.OK);
}
