using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Portico.DevStack;

internal enum Signal
{
    Hangup = 1,
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>The Linux functions that .NET does not offer.</summary>
internal static class Posix
{
    private const int NoSuchProcess = 3;

    /// <returns>False when the process has ended.</returns>
    public static bool Send(int processId, Signal signal)
    {
        // Zero and negative numbers mean process groups, or all processes.
        ArgumentOutOfRangeException.ThrowIfLessThan(processId, 2);
        if (Kill(processId, (int)signal) == 0)
            return true;

        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess
            ? false
            : throw new Win32Exception(error, $"Cannot signal process {processId}: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    public static void GiveTo(string path, Account account)
    {
        if (Chown(path, account.UserId, account.GroupId) != 0)
            throw new Win32Exception(
                Marshal.GetLastPInvokeError(), $"Cannot give {path} to user {account.UserId}: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    /// <summary>Whether the process runs; a zombie does not run.</summary>
    public static bool IsAlive(int processId) => Stat(processId) is ['Z' or 'X', ..] ? false : Stat(processId) is not null;

    /// <summary>A text that differs for a later process with the same id; null when the process has ended.</summary>
    public static string? Identity(int processId) => Stat(processId)?.Split(' ') is { Length: > 19 } fields
        ? $"{processId} {fields[19]} {File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()}"
        : null;

    public static IReadOnlyList<int> Descendants(int processId)
    {
        var found = new List<int>();
        Collect(processId, found);
        return found;
    }

    public static async Task<Account> OwnerAsync(string path, CancellationToken cancellationToken)
    {
        using var stat = Process.Start(
            new ProcessStartInfo("stat", ["-c", "%u %g", path]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await stat.StandardOutput.ReadToEndAsync(cancellationToken);
        await stat.WaitForExitAsync(cancellationToken);
        return output.Trim().Split(' ') is [var user, var group]
            ? new Account(Number(user), Number(group))
            : throw new LocalStackException($"The owner of {path} cannot be read.");
    }

    public static Account? Account(string name) => File.ReadLines("/etc/passwd")
        .Select(line => line.Split(':'))
        .Where(fields => fields.Length > 3 && string.Equals(fields[0], name, StringComparison.Ordinal))
        .Select(fields => new Account(Number(fields[2]), Number(fields[3])))
        .FirstOrDefault();

    public static uint Number(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static void Collect(int processId, List<int> found)
    {
        string[] children;
        try
        {
            children =
            [
                .. Directory.EnumerateDirectories($"/proc/{processId}/task")
                .SelectMany(thread => File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            ];
        }
        catch (IOException)
        {
            return;
        }

        foreach (var child in children)
        {
            var id = (int)Number(child);
            found.Add(id);
            Collect(id, found);
        }
    }

    /// <summary>/proc/ID/stat from the state on, because the name before it may contain spaces and parentheses.</summary>
    private static string? Stat(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..];
        }
        catch (IOException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);

    [DllImport("libc", EntryPoint = "chown", SetLastError = true, BestFitMapping = false)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Chown([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint user, uint group);
}

internal sealed record Account(uint UserId, uint GroupId);
