using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Portico.Nats.Protocol;

namespace Portico.Nats;

/// <summary>A subscription as the connection sees it.</summary>
internal abstract class NatsSubBase(long sid, string subject, string? queueGroup)
{
    public long Sid { get; } = sid;
    public string Subject { get; } = subject;
    public string? QueueGroup { get; } = queueGroup;

    /// <summary>The line that tells a server of it.</summary>
    public string Line => QueueGroup is null ? $"SUB {Subject} {Sid}\r\n" : $"SUB {Subject} {QueueGroup} {Sid}\r\n";

    public abstract void Take(in Frame frame);

    public abstract void Complete(Exception? reason);
}

/// <summary>A subscription whose messages wait, up to a number and a size, until they are read.</summary>
internal sealed class NatsSub<T> : NatsSubBase, INatsSub<T>
{
    private readonly NatsConnection _connection;
    private readonly Channel<NatsMsg<T>> _channel;
    private readonly CountingReader _reader;
    private long _waitingBytes;
    private bool _isSlow;

    public NatsSub(NatsConnection connection, long sid, string subject, string? queueGroup, int capacity)
        : base(sid, subject, queueGroup)
    {
        _connection = connection;
        _channel = Channel.CreateBounded<NatsMsg<T>>(new BoundedChannelOptions(capacity) { SingleWriter = true });
        _reader = new CountingReader(this, _channel.Reader);
    }

    public ChannelReader<NatsMsg<T>> Msgs => _reader;

    public override void Take(in Frame frame)
    {
        var message = new NatsMsg<T>(_connection, frame.Subject, frame.ReplyTo, frame.Headers, frame.Payload);
        var waiting = Interlocked.Add(ref _waitingBytes, message.Size);
        if (waiting <= _connection.Opts.SubPendingBytes && _channel.Writer.TryWrite(message))
        {
            // It caught up: the next time counts anew.
            _isSlow = _isSlow && _channel.Reader.Count > 1;
            return;
        }

        Interlocked.Add(ref _waitingBytes, -message.Size);
        _connection.OnDropped(frame.Subject, _channel.Reader.Count, first: !_isSlow);
        _isSlow = true;
    }

    public override void Complete(Exception? reason) => _channel.Writer.TryComplete(reason);

    public ValueTask UnsubscribeAsync()
    {
        _connection.Unsubscribe(this);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnsubscribeAsync();

    private sealed class CountingReader(NatsSub<T> sub, ChannelReader<NatsMsg<T>> inner) : ChannelReader<NatsMsg<T>>
    {
        public override bool CanCount => true;
        public override int Count => inner.Count;
        public override Task Completion => inner.Completion;

        public override bool TryRead([MaybeNullWhen(false)] out NatsMsg<T> item)
        {
            if (!inner.TryRead(out item))
                return false;
            Interlocked.Add(ref sub._waitingBytes, -item.Size);
            return true;
        }

        public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) => inner.WaitToReadAsync(cancellationToken);
    }
}
