using System.Diagnostics;
using System.Globalization;

namespace Portico.DevStack;

/// <summary>A command to run under a guard, and how to stop it.</summary>
internal sealed record GuardedCommand(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>Gets the file for the output; null uses the output of this process.</summary>
    public string? LogFile { get; init; }

    /// <summary>Gets a file with a shared lock that is held until the last process of this command has ended.</summary>
    public string? LockFile { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public string WorkingDirectory { get; init; } = "/";

    /// <summary>Gets the user of the command; null is the user of this process.</summary>
    public Account? Account { get; init; }

    /// <summary>Gets the signal that asks the command to end.</summary>
    public Signal EndSignal { get; init; } = Signal.Terminate;

    /// <summary>Gets how long the command may take to end before it is killed.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>A child process that never outlives its parent, however the parent ends.</summary>
/// <remarks>
/// A small shell (the guard) starts the command. The guard reads from a pipe, and only this process has the write end. So the kernel
/// closes the pipe when this process ends, even after kill -9, and the guard then stops the command. If the guard itself is killed, the
/// kernel kills the command (PR_SET_PDEATHSIG; setpriv sets it after the change of the user, because that change would clear it; it is
/// bound to the thread that forks, so a shell with one thread does it and not .NET).
/// The guard has its own session: Ctrl-C in the terminal reaches only this process, which stops everything in order.
/// </remarks>
internal sealed class GuardedProcess : IAsyncDisposable
{
    private const string Watchdog =
        """
        signal=$1 grace=$2 log=$3 lock=$4
        shift 4
        umask 077
        exec 3<&0 4>&1 </dev/null
        if [ -n "$log" ]; then exec >>"$log" 2>&1; fi
        if [ -n "$lock" ]; then exec 9>>"$lock"; flock -s 9 || exit 125; fi
        "$@" 3<&- 4>&- &
        child=$!
        if [ -n "$log" ]; then echo "$child" >&4; fi
        exec 4>&-
        (
            while read -r line; do :; done <&3
            # If the waiting shell has ended, the command has ended too, and another process may have its id.
            grep -q "^PPid:[[:space:]]*$$\$" "/proc/$child/status" || exit 0
            family="$(cat /proc/"$child"/task/*/children) $child"
            kill -CONT $family
            kill -"$signal" "$child"
            left=$((grace * 10))
            while [ "$left" -gt 0 ] && kill -0 "$child"; do sleep 0.1; left=$((left - 1)); done
            kill -KILL $family
        ) 2>/dev/null &
        reader=$!
        exec 3<&-
        wait "$child"
        code=$?
        kill -KILL "$reader" 2>/dev/null
        exit "$code"
        """;

    private readonly Process _shell;

    private GuardedProcess(Process shell, int processId)
    {
        _shell = shell;
        ProcessId = processId;
        Exited = WaitForExitAsync();
    }

    /// <summary>Gets the process id of the command if it has a log file, otherwise that of its guard.</summary>
    public int ProcessId { get; }

    /// <summary>Gets the exit code after the end; 128 + n after signal n.</summary>
    public Task<int> Exited { get; }

    public static async Task<GuardedProcess> StartAsync(GuardedCommand command, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "sh", "-c", Watchdog, "portico-guard",
            $"{(int)command.EndSignal}", $"{Math.Ceiling(command.Grace.TotalSeconds)}", command.LogFile ?? "", command.LockFile ?? "",
            Programs.Find("setpriv") ?? throw Missing("setpriv"), "--pdeathsig", "KILL", .. AccountArguments(command.Account), "--",
            command.Program, .. command.Arguments,
        ];
        var start = new ProcessStartInfo(Programs.Find("setsid") ?? throw Missing("setsid"), arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = command.LogFile is not null,
            WorkingDirectory = command.WorkingDirectory,
        };
        foreach (var (name, value) in command.Environment)
            start.Environment[name] = value;

        var shell = Process.Start(start)!;
        if (command.LogFile is null)
            return new GuardedProcess(shell, shell.Id);

        try
        {
            var line = await shell.StandardOutput.ReadLineAsync(cancellationToken);
            if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var processId))
                return new GuardedProcess(shell, processId);
            throw new LocalStackException($"{command.Program} could not be started.{LogTail.Of(command.LogFile)}");
        }
        catch
        {
            // This closes the pipe, so the guard stops the command.
            shell.Dispose();
            throw;
        }
    }

    /// <summary>Runs a command to its end and returns its exit code.</summary>
    public static async Task<int> RunAsync(GuardedCommand command, CancellationToken cancellationToken)
    {
        await using var process = await StartAsync(command, cancellationToken);
        return await process.Exited.WaitAsync(cancellationToken);
    }

    /// <summary>Asks the command to end, and kills it after the grace time.</summary>
    public async Task<int> EndAsync()
    {
        if (!Exited.IsCompleted)
            _shell.StandardInput.Close();
        return await Exited;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _shell.Dispose();
    }

    private static string[] AccountArguments(Account? account) => account is null
        ? []
        : [$"--reuid={account.UserId}", $"--regid={account.GroupId}", "--clear-groups"];

    private static LocalStackException Missing(string program) =>
        new($"{program} is missing: install the package util-linux. The local stack runs only on Linux.");

    private async Task<int> WaitForExitAsync()
    {
        await _shell.WaitForExitAsync();
        return _shell.ExitCode;
    }
}
