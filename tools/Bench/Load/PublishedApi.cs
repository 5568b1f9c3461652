using System.Diagnostics;

namespace Portico.Bench.Load;

/// <summary>The API as the Dockerfile publishes it, compiled ahead of time (ReadyToRun).</summary>
internal static class PublishedApi
{
    private const string Project = "src/WebApi/WebApi.csproj";

    public static string Folder { get; } = Path.GetFullPath(Path.Combine("BenchmarkDotNet.Artifacts", "published"));

    public static async Task BuildAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Project))
            throw new LoadException($"{Project} is not here: start the benchmark in the root of the repository.");
        Console.WriteLine("Publishing the API (ReadyToRun) …");
        string[] arguments =
            ["publish", Project, "-c", "Release", "-p:PublishReadyToRun=true", "-p:RunAnalyzers=false", "-v", "quiet", "-o", Folder];
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var publish = Process.Start(start)!;
        var output = await publish.StandardOutput.ReadToEndAsync(cancellationToken);
        await publish.WaitForExitAsync(cancellationToken);
        if (publish.ExitCode != 0)
            throw new LoadException($"dotnet publish failed: {output}");
    }
}
