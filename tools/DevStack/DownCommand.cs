using System.Diagnostics;

namespace Portico.DevStack;

/// <summary>Stops the processes that an earlier run of this checkout left behind.</summary>
internal static class DownCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public static async Task<int> RunAsync(RunFolder folder, CancellationToken stop)
    {
        // When the run ends, the guards stop the other processes. The signals are for processes whose guards were killed too.
        var ended = false;
        foreach (var name in RunFolder.Processes)
            ended |= await EndAsync(folder.PidFile(name), name, name == "postgres" ? Signal.Interrupt : Signal.Terminate, stop);

        if (!ended)
            Console.WriteLine("Nothing is running.");
        return 0;
    }

    private static async Task<bool> EndAsync(string pidFile, string name, Signal signal, CancellationToken stop)
    {
        if (PidFile.Read(pidFile) is not { } processId)
            return false;

        Posix.Send(processId, Signal.Continue);
        Posix.Send(processId, signal);
        var clock = Stopwatch.StartNew();
        while (PidFile.Read(pidFile) is not null)
        {
            if (clock.Elapsed > Patience)
                Posix.Send(processId, Signal.Kill);
            await Task.Delay(Interval, stop);
        }

        File.Delete(pidFile);
        Console.WriteLine($"Ended {name} (process {processId}).");
        return true;
    }
}
