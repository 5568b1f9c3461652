using System.Threading.Channels;
using Portico.Application.Common.Persistence;

namespace Portico.Infrastructure.Hosting;

/// <summary>Wakes a background service of this process before its next poll.</summary>
/// <remarks>Thread-safe; one reader. Only for a short delay: the poll finds the work of other processes.</remarks>
internal class WakeSignal
{
    private readonly Channel<bool> _signals =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public virtual void Set() => _signals.Writer.TryWrite(true);

    /// <summary>Wakes the service when the open transaction is committed.</summary>
    public void SetAfterCommit(ITransaction transaction) => transaction.AfterCommit(_ =>
    {
        Set();
        return Task.CompletedTask;
    });

    public Task WaitAsync(CancellationToken cancellationToken) => _signals.Reader.ReadAsync(cancellationToken).AsTask();

    /// <summary>Waits for the signal, or until the time is over.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(atMost);
        // Without an exception, because most waits of an idle process end this way.
        await WaitAsync(waiting.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
