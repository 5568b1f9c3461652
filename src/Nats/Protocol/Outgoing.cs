using System.Buffers;

namespace Portico.Nats.Protocol;

/// <summary>What waits for the socket: many write, one sends.</summary>
/// <remarks>Whoever would write beyond the limit waits. While one buffer is being sent the other is filled, so that small messages leave together.</remarks>
internal sealed class Outgoing(int limit)
{
    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte> _filling = new();
    private ArrayBufferWriter<byte> _sending = new();
    private TaskCompletionSource _something = New();
    private TaskCompletionSource _room = New();
    private Exception? _closed;

    /// <summary>Appends once there is room; false when this end is closed, and then nothing was written.</summary>
    /// <exception cref="TimeoutException">There was no room in time.</exception>
    public async ValueTask<bool> WriteAsync(
        ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second, ReadOnlyMemory<byte> third, TimeSpan patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_closed is not null)
                    return false;
                if (_filling.WrittenCount < limit)
                {
                    _filling.Write(first.Span);
                    _filling.Write(second.Span);
                    _filling.Write(third.Span);
                    _something.TrySetResult();
                    return true;
                }

                room = _room.Task;
            }

            await room.WaitAsync(patience, cancellationToken);
        }
    }

    /// <summary>Appends a few bytes without waiting, for what must go out whatever the queue.</summary>
    public void WriteControl(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_closed is not null)
                return;
            _filling.Write(bytes);
            _something.TrySetResult();
        }
    }

    /// <summary>Sends until it is closed or the stream fails.</summary>
    public async Task SendAsync(Stream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            await _something.Task.WaitAsync(cancellationToken);
            lock (_gate)
            {
                if (_closed is not null)
                    return;
                (_filling, _sending) = (_sending, _filling);
                _something = New();
                _room.TrySetResult();
                _room = New();
            }

            await stream.WriteAsync(_sending.WrittenMemory, cancellationToken);
            _sending.ResetWrittenCount();
        }
    }

    public void Close(Exception reason)
    {
        lock (_gate)
        {
            _closed ??= reason;
            _something.TrySetResult();
            _room.TrySetResult();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
