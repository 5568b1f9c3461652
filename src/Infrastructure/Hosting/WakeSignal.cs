using System.Threading.Channels;

namespace Portico.Infrastructure.Hosting;

/// <summary>Wakes a background service of this process before its next poll.</summary>
/// <remarks>Thread-safe; one reader. Only for a short delay: the poll finds the work of other processes.</remarks>
internal class WakeSignal
{
    private readonly Channel<bool> _signals =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Set() => _signals.Writer.TryWrite(true);

    public async Task WaitAsync(CancellationToken cancellationToken) => await _signals.Reader.ReadAsync(cancellationToken);
}
