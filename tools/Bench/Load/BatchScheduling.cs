using System.Runtime.InteropServices;

namespace Portico.Bench.Load;

/// <summary>Schedules threads as those of a batch process (SCHED_BATCH of Linux, sched(7)): they interrupt no other thread.</summary>
/// <remarks>On the same processors, a load generator would interrupt the servers at each answer (ADR 0056).</remarks>
internal static class BatchScheduling
{
    private const int CurrentThread = 0;
    private const int BatchPolicy = 3;

    /// <summary>Changes the current thread.</summary>
    public static void Use()
    {
        var priority = 0;
        if (SetPolicy(CurrentThread, BatchPolicy, ref priority) != 0)
            throw new LoadException($"SCHED_BATCH: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [DllImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetPolicy(int thread, int policy, ref int priority);
}
