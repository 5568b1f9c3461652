using System.Diagnostics;
using System.Globalization;
using Portico.DevStack;

namespace Portico.Bench.Load;

/// <summary>The processor time that a process and all its children have used, those included that have ended (/proc/PID/stat).</summary>
internal static class ProcessorTime
{
    // What Linux reports in, on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    public static TimeSpan Of(int processId) =>
        TimeSpan.FromSeconds(((int[])[processId, .. Posix.Descendants(processId)]).Sum(Ticks) / TicksPerSecond);

    /// <summary>That of this process alone: the servers are its children.</summary>
    public static TimeSpan OfGenerator()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime;
    }

    private static long Ticks(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            // From the state on, the third field: what stands before it may hold spaces. Then 14 to 17 are utime, stime, cutime and cstime.
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // It ended in between, and its time has become its parent's.
            return 0;
        }
    }
}
