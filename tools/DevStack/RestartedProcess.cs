using System.Diagnostics;

namespace Portico.DevStack;

/// <summary>A program that is started again when it ends by itself.</summary>
/// <remarks>
/// A program that ends before it was ready for the first time is not started again. After <see cref="MaxRestarts"/> restarts in a row,
/// without a minute of service in between, it is given up.
/// </remarks>
/// <param name="name">The name in the reports, at the beginning of a sentence.</param>
/// <param name="command">The program.</param>
/// <param name="pidFile">The file for the id of the present process.</param>
/// <param name="becomeReady">Completes when the program serves; cancelled when it ends before.</param>
/// <param name="report">Gets a line for each restart.</param>
internal sealed class RestartedProcess(
    string name, GuardedCommand command, string pidFile, Func<CancellationToken, Task> becomeReady, TextWriter report)
{
    public const int MaxRestarts = 5;

    private static readonly TimeSpan Service = TimeSpan.FromMinutes(1);

    /// <summary>Runs the program until it is given up or the run is cancelled.</summary>
    /// <param name="whenReady">Runs once, when the program is ready for the first time.</param>
    /// <param name="cancellationToken">Ends the program.</param>
    /// <returns>The last exit code.</returns>
    public async Task<int> RunAsync(Func<Task> whenReady, CancellationToken cancellationToken)
    {
        for (int start = 0, restarts = 0; ; start++)
        {
            await using var process = await GuardedProcess.StartAsync(command, cancellationToken);
            PidFile.Write(pidFile, process.ProcessId);
            var isReady = await BecomesReadyAsync(process, cancellationToken);
            var ready = Stopwatch.StartNew();
            if (isReady && start == 0)
                await whenReady();
            else if (isReady)
                await report.WriteLineAsync($"{name} is ready again.");

            var exitCode = await process.Exited.WaitAsync(cancellationToken);
            if (isReady && ready.Elapsed >= Service)
                restarts = 0;
            if ((start == 0 && !isReady) || restarts == MaxRestarts)
            {
                await report.WriteLineAsync($"{name} ended by itself with exit code {exitCode} and is not started again.");
                return exitCode;
            }

            restarts++;
            await report.WriteLineAsync($"{name} ended with exit code {exitCode} and is started again ({restarts} of {MaxRestarts}) …");
        }
    }

    /// <returns>Whether it became ready before it ended.</returns>
    private async Task<bool> BecomesReadyAsync(GuardedProcess process, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ready = becomeReady(ended.Token);
        await Task.WhenAny(ready, process.Exited);
        await ended.CancelAsync();
        try
        {
            await ready;
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
