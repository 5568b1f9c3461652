using System.Runtime.InteropServices;

namespace Portico.Bench.Load;

/// <summary>Waits for less than the millisecond that timers of .NET take, without using the processor.</summary>
/// <remarks>A generator that counts down in a loop takes a processor from the server that it measures.</remarks>
internal static class ShortSleep
{
    /// <summary>How often a generator looks for what may have come while it waits.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMicroseconds(50);

    /// <summary>Waits for the time, which is less than an hour; the system adds about 60 µs.</summary>
    public static void Wait(TimeSpan time)
    {
        if (time.TotalMicroseconds >= 1)
            _ = Sleep((uint)time.TotalMicroseconds);
    }

    [DllImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sleep(uint microseconds);
}
