using System.Runtime.InteropServices;

namespace Portico.Infrastructure.Hosting;

/// <summary>Runs a console program that shuts down cleanly on Ctrl-C and SIGTERM.</summary>
public static class ConsoleProgram
{
    /// <summary>Runs the program and returns its exit code.</summary>
    /// <param name="run">The program. The first signal cancels its token; a second signal ends the process immediately.</param>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> run)
    {
        using var ending = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        return await run(ending.Token);

        void End(PosixSignalContext signal)
        {
            signal.Cancel = !ending.IsCancellationRequested;
            ending.Cancel();
        }
    }
}
