using System.Globalization;
using System.Text.Json;
using Portico.IntegrationTests.Browser;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Console;

/// <summary>How soon the console is there; <c>./dev test faults --runs 1 FirstView</c> prints it for 20 new browsers.</summary>
[Collection(ConsoleWorld.Tests.Name)]
[Trait("Category", Campaign.Category)]
public sealed class FirstViewTests(ConsoleWorld world, ITestOutputHelper output)
{
    private static int Times => Campaign.IsOnRequest ? 20 : 1;

    [Fact]
    public async Task The_first_view_asks_for_no_more_than_it_shows()
    {
        var views = (await BrowserScript.RunAsync("first-view.mjs", world.Origin, $"{Times}")).EnumerateArray().ToArray();

        output.WriteLine($"begun to shown: {Of(views, "milliseconds")}; first contentful paint: {Of(views, "painted")}");
        output.WriteLine($"load: {await File.ReadAllTextAsync("/proc/loadavg")}{views[^1].GetProperty("parts")}");
        Assert.All(views, view => Assert.Equal(
            ["/api/v1/auth/oauth/providers", "/api/v1/session", "/console/", "/console/assets/index-.css", "/console/assets/index-.js"],
            view.GetProperty("requests").EnumerateArray().Select(path => WithoutHash(path.GetString()!)).Order(StringComparer.Ordinal)));
    }

    private static string Of(IEnumerable<JsonElement> views, string name)
    {
        var sorted = views.Select(view => view.GetProperty(name).GetDouble()).Order().ToArray();
        return string.Create(
            CultureInfo.InvariantCulture, $"p50 {sorted[sorted.Length / 2]:0} ms, at most {sorted[^1]:0} ms of {sorted.Length}");
    }

    private static string WithoutHash(string path) =>
        path.IndexOf('-', StringComparison.Ordinal) is >= 0 and var dash ? path[..(dash + 1)] + Path.GetExtension(path) : path;
}
