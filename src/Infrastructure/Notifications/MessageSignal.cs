using System.Threading.Channels;

namespace Portico.Infrastructure.Notifications;

/// <summary>Wakes the delivery of this process when a notification was committed to the queue.</summary>
/// <remarks>Thread-safe. Only for a short delay: the poll finds the notifications of other processes.</remarks>
internal sealed class MessageSignal
{
    private readonly Channel<bool> _signals =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Set() => _signals.Writer.TryWrite(true);

    public async Task WaitAsync(CancellationToken cancellationToken) => await _signals.Reader.ReadAsync(cancellationToken);
}
