using System.Collections.Concurrent;

namespace Portico.IntegrationTests;

/// <summary>Node packages that tests use, installed from their lock files alone.</summary>
internal static class NodePackages
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    // Two installations in one folder would break each other.
    private static readonly ConcurrentDictionary<string, Lazy<Task>> Installed = new(StringComparer.Ordinal);

    /// <summary>Installs those of the scripts in this project, which find them in the folder above their own.</summary>
    public static Task InstallAsync() => InstallAsync(AppContext.BaseDirectory);

    public static Task InstallAsync(string folder) =>
        Installed.GetOrAdd(folder, static given => new Lazy<Task>(() => InstallOnceAsync(given))).Value;

    private static async Task InstallOnceAsync(string folder)
    {
        // npm writes this file last, and from the lock file alone.
        var installed = new FileInfo(Path.Combine(folder, "node_modules", ".package-lock.json"));
        if (installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json")))
            return;

        var run = await Shell.RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], "", folder, Deadline);
        Assert.True(run.ExitCode == 0, $"npm ci exited with {run.ExitCode}: {run.Errors}");
    }
}
