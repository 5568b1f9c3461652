using System.Runtime.InteropServices;

namespace Portico.Bench.Load;

/// <summary>Waits for less than the millisecond that timers of .NET take, without using the processor.</summary>
/// <remarks>A generator that counts down in a loop takes a processor from the server that it measures.</remarks>
internal static class ShortSleep
{
    /// <summary>Waits for the time, or at most for <paramref name="longest"/>; the system adds about 60 µs.</summary>
    public static void Wait(TimeSpan time, TimeSpan longest)
    {
        var microseconds = double.Min(time.TotalMicroseconds, longest.TotalMicroseconds);
        if (microseconds >= 1)
            _ = Sleep((uint)microseconds);
    }

    [DllImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sleep(uint microseconds);
}
