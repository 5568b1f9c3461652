using Portico.DevStack;

namespace Portico.Bench.Suite;

/// <summary>A program that runs to its end and writes to a file; it does not outlive this one.</summary>
internal static class LoggedCommand
{
    private const int Longest = 300;

    // The guard keeps files from other users; a scenario starts servers as other users, which read what it makes.
    private const string Readable = "umask 022 && exec \"$@\"";

    /// <returns>The exit code; null when it took too long and was ended.</returns>
    public static async Task<int?> RunAsync(
        string program, IReadOnlyList<string> arguments, string folder, string logFile, TimeSpan limit, CancellationToken cancellationToken)
    {
        File.Delete(logFile);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(limit);
        try
        {
            return await GuardedProcess.RunAsync(
                new GuardedCommand("sh", ["-c", Readable, "sh", program, .. arguments]) { WorkingDirectory = folder, LogFile = logFile },
                time.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The last line that a program wrote.</summary>
    public static string LastLine(string logFile)
    {
        var line = File.Exists(logFile) ? File.ReadLines(logFile).LastOrDefault(line => line.Trim().Length > 0)?.Trim() ?? "" : "";
        return line.Length > Longest ? line[..Longest] : line;
    }
}
