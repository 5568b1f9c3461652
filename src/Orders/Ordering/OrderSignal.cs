using System.Threading.Channels;

namespace Portico.Orders.Ordering;

/// <summary>Wakes the open streams of a user when an order of this user has changed. Thread-safe.</summary>
internal sealed class OrderSignal(OrderSettings settings)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, HashSet<Subscription>> _byOwner = [];
    private readonly Dictionary<Guid, int> _byCaller = [];
    private int _open;

    /// <summary>The number of open streams.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>The users whose orders are watched.</summary>
    public Guid[] Owners
    {
        get
        {
            lock (_lock)
                return [.. _byOwner.Keys];
        }
    }

    /// <summary>Opens a stream; null when the caller or this process has too many.</summary>
    public Subscription? Subscribe(Guid ownerId, Guid callerId)
    {
        lock (_lock)
        {
            var ofCaller = _byCaller.GetValueOrDefault(callerId);
            if (_open >= settings.MaxStreams || ofCaller >= settings.MaxStreamsPerUser)
                return null;
            var subscription = new Subscription(this, ownerId, callerId);
            if (!_byOwner.TryGetValue(ownerId, out var ofOwner))
                _byOwner[ownerId] = ofOwner = [];
            ofOwner.Add(subscription);
            _byCaller[callerId] = ofCaller + 1;
            _open++;
            return subscription;
        }
    }

    /// <summary>Wakes the streams that watch this user.</summary>
    public void Changed(Guid ownerId)
    {
        lock (_lock)
        {
            foreach (var subscription in _byOwner.GetValueOrDefault(ownerId) ?? [])
                subscription.Wake();
        }
    }

    private void Close(Subscription subscription, Guid ownerId, Guid callerId)
    {
        lock (_lock)
        {
            if (!_byOwner.TryGetValue(ownerId, out var ofOwner) || !ofOwner.Remove(subscription))
                return;
            if (ofOwner.Count == 0)
                _byOwner.Remove(ownerId);
            if (--_byCaller[callerId] == 0)
                _byCaller.Remove(callerId);
            _open--;
        }
    }

    /// <summary>An open stream.</summary>
    internal sealed class Subscription(OrderSignal signal, Guid ownerId, Guid callerId) : IDisposable
    {
        // Several changes while the stream is busy are one signal: the stream then reads all of them.
        private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

        public void Wake() => _signals.Writer.TryWrite(true);

        /// <summary>Waits for the next change.</summary>
        public async Task WaitAsync(CancellationToken cancellationToken) => await _signals.Reader.ReadAsync(cancellationToken);

        public void Dispose() => signal.Close(this, ownerId, callerId);
    }
}
