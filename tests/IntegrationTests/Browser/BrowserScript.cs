using System.Text.Json;
using Portico.DevStack;

namespace Portico.IntegrationTests.Browser;

/// <summary>Scripts in this folder that drive a headless Chromium with playwright-core.</summary>
internal static class BrowserScript
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Browser");
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // The first has no windows and takes the least processor time.
    private static readonly string[] Browsers = ["chromium-headless-shell", "google-chrome", "chromium"];

    /// <summary>Runs a script that prints one line of JSON.</summary>
    public static async Task<JsonElement> RunAsync(string script, params string[] arguments)
    {
        await NodePackages.InstallAsync();
        var run = await Shell.RunAsync(
            "node", [script, .. arguments], "", Folder, Patience,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["CHROMIUM"] = Array.ConvertAll(Browsers, Programs.Find).FirstOrDefault(found => found is not null)
                    ?? Programs.Need(Browsers[0], Browsers[0]),
            });
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        return JsonSerializer.Deserialize<JsonElement>(run.Output);
    }
}
