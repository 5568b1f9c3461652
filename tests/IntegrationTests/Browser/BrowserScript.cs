using System.Text.Json;
using Portico.DevStack;

namespace Portico.IntegrationTests.Browser;

/// <summary>Scripts in this folder that drive a headless Chromium with playwright-core.</summary>
internal static class BrowserScript
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Browser");
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs a script that prints one line of JSON.</summary>
    public static async Task<JsonElement> RunAsync(string script, params string[] arguments)
    {
        await NodePackages.InstallAsync();
        var run = await Shell.RunAsync(
            "node", [script, .. arguments], "", Folder, Patience,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["CHROMIUM"] = Programs.Find("google-chrome") ?? Programs.Need("chromium", "chromium"),
            });
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        return JsonSerializer.Deserialize<JsonElement>(run.Output);
    }
}
