using System.Runtime.InteropServices;

namespace Portico.Infrastructure.Hosting;

/// <summary>Runs a console program that Ctrl-C and SIGTERM end in order.</summary>
public static class ConsoleProgram
{
    /// <param name="run">
    /// Gives the exit code; its token is cancelled by the first signal, and a second one ends the process at once.
    /// </param>
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
