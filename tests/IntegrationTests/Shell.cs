using System.Diagnostics;

namespace Portico.IntegrationTests;

/// <summary>What a program said, and how it ended.</summary>
internal sealed record ShellRun(int ExitCode, string Output, string Errors);

/// <summary>Runs bash scripts and other programs.</summary>
internal static class Shell
{
    /// <exception cref="TimeoutException">The script took longer; it and its children were ended.</exception>
    public static Task<ShellRun> RunAsync(
        string script, string folder, TimeSpan timeout, IReadOnlyDictionary<string, string>? environment = null) =>
        RunAsync("bash", ["-s"], script, folder, timeout, environment);

    /// <param name="program">Its name on the path.</param>
    /// <param name="arguments">What follows the name.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="environment">Variables besides those of this process.</param>
    /// <exception cref="TimeoutException">It took longer; it and its children were ended.</exception>
    public static async Task<ShellRun> RunAsync(
        string program,
        string[] arguments,
        string input,
        string folder,
        TimeSpan timeout,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;

        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(timeout);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), deadline.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return new ShellRun(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"Not within {timeout}: {program} {string.Join(' ', arguments)} {input}", late);
        }
    }
}
