namespace Portico.IntegrationTests;

/// <summary>Node packages that tests use, installed beside the tests from their lock files alone.</summary>
internal static class NodePackages
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    public static async Task InstallAsync(string folder)
    {
        // npm writes this file last, and from the lock file alone.
        var installed = new FileInfo(Path.Combine(folder, "node_modules", ".package-lock.json"));
        if (installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json")))
            return;

        var run = await Shell.RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], "", folder, Deadline);
        Assert.True(run.ExitCode == 0, $"npm ci exited with {run.ExitCode}: {run.Errors}");
    }
}
