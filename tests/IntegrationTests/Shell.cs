using System.Diagnostics;

namespace Portico.IntegrationTests;

/// <summary>What a script said, and how it ended.</summary>
internal sealed record ShellRun(int ExitCode, string Output, string Errors);

/// <summary>Runs bash scripts.</summary>
internal static class Shell
{
    /// <exception cref="TimeoutException">The script took longer; it and its children were ended.</exception>
    public static async Task<ShellRun> RunAsync(string script, string folder, TimeSpan timeout, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("bash", ["-s"])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;

        using var bash = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(timeout);
        try
        {
            var output = bash.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = bash.StandardError.ReadToEndAsync(deadline.Token);
            await bash.StandardInput.WriteAsync(script.AsMemory(), deadline.Token);
            bash.StandardInput.Close();
            await bash.WaitForExitAsync(deadline.Token);
            return new ShellRun(bash.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException late)
        {
            bash.Kill(entireProcessTree: true);
            throw new TimeoutException($"Not within {timeout}: {script}", late);
        }
    }
}
