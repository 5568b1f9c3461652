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

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

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
    public static bool IsAlive(int processId) => Stat(processId) is not (null or ['Z' or 'X', ..]);

    /// <summary>Stops a process (SIGSTOP) and returns when all its threads stand still, which takes a busy machine a while.</summary>
    /// <remarks>A thread that waits for a disk can't be stopped; after 10 s nobody waits for it.</remarks>
    public static void Stop(int processId)
    {
        if (Send(processId, Signal.Stop))
            SpinWait.SpinUntil(() => !Threads(processId).Any(thread => Stat(thread) is ['R' or 'S' or 'D', ..]), StopTimeout);
    }

    /// <summary>A text that differs for a later process with the same id; null when the process has ended.</summary>
    public static string? Identity(int processId) => Stat(processId)?.Split(' ') is { Length: > 19 } fields
        ? $"{processId} {fields[19]} {File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()}"
        : null;

    public static IReadOnlyList<int> Descendants(int processId) =>
        [.. Children(processId).SelectMany(child => (int[])[child, .. Descendants(child)])];

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

    private static int[] Children(int processId)
    {
        try
        {
            return
            [
                .. from thread in Threads(processId)
                   from child in File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
                   select (int)Number(child),
            ];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <returns>The folders of the threads of a process; none when it has ended.</returns>
    private static string[] Threads(int processId)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{processId}/task");
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static string? Stat(int processId) => Stat($"/proc/{processId}");

    /// <summary>The file "stat" from the state on, because the name before it may contain spaces and parentheses.</summary>
    private static string? Stat(string folder)
    {
        try
        {
            var stat = File.ReadAllText($"{folder}/stat");
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
