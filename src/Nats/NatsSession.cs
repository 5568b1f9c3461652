using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using Portico.Nats.Protocol;

namespace Portico.Nats;

/// <summary>Takes what comes back for one request, or is told that nothing will.</summary>
internal interface IReplySink
{
    void Take(in Frame frame);
    void Fail(Exception reason);
}

/// <summary>One connected socket, from the greeting to its end; what waits for an answer on it fails with it.</summary>
internal sealed class NatsSession : IDisposable
{
    private readonly Stream _stream;
    private readonly PipeReader _reader;
    private readonly NatsConnection _owner;
    private readonly Outgoing _outgoing;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<string, IReplySink> _waiting = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, IReplySink> _pulls = new();
    private readonly ConcurrentQueue<TaskCompletionSource> _pings = new();
    private readonly Lock _pinging = new();
    private int _unanswered;
    private volatile Exception? _failure;

    private NatsSession(NatsConnection owner, Stream stream, PipeReader reader, ServerInfo info)
    {
        (_owner, _stream, _reader, Info) = (owner, stream, reader, info);
        _outgoing = new Outgoing(owner.Opts.WriterBufferSize);
    }

    public ServerInfo Info { get; private set; }

    public static async Task<NatsSession> OpenAsync(NatsConnection owner, NatsUri server, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(owner.Opts.ConnectTimeout);
        try
        {
            var (stream, reader, info) = await Greeting.ExchangeAsync(server, owner.Opts, timeout.Token);
            return new NatsSession(owner, stream, reader, info);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NatsConnectionFailedException($"{server} did not answer within {owner.Opts.ConnectTimeout.TotalSeconds:0.#} s.");
        }
    }

    /// <summary>Reads and sends until the connection breaks or is ended; gives the reason.</summary>
    public async Task<Exception> RunAsync()
    {
        Task[] parts = [ReadAsync(), _outgoing.SendAsync(_stream, _end.Token), WatchAsync()];

        // Whichever ends first, by an error or not, ends the others: a reader must not outlive its writer.
        var first = await Task.WhenAny(parts);
        var failure = first.Exception?.InnerException;
        await EndAsync(failure as NatsException ?? new NatsConnectionFailedException($"The connection broke: {failure?.Message ?? "it was closed."}", failure));
        await Task.WhenAll(parts).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return _failure!;
    }

    /// <summary>Appends to what is sent; false when the session is over, and then nothing of it was sent.</summary>
    /// <exception cref="TimeoutException">There was no room in time.</exception>
    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second, ReadOnlyMemory<byte> third, CancellationToken cancellationToken) =>
        _outgoing.WriteAsync(first, second, third, _owner.Opts.CommandTimeout, cancellationToken);

    public void WriteControl(string line) => _outgoing.WriteControl(Encoding.UTF8.GetBytes(line));

    /// <summary>Lets a sink wait for replies to a token.</summary>
    public void Await(string token, IReplySink sink)
    {
        _waiting[token] = sink;
        if (_failure is { } reason && _waiting.TryRemove(token, out _))
            sink.Fail(reason);
    }

    public void Forget(string token) => _waiting.TryRemove(token, out _);

    /// <summary>Subscribes a sink for what the server delivers to a pull; such messages keep their own subject and are known by their sid only.</summary>
    public void AwaitPull(long sid, string inbox, IReplySink sink)
    {
        _pulls[sid] = sink;
        _outgoing.WriteControl(Encoding.UTF8.GetBytes($"SUB {inbox} {sid}\r\n"));
        if (_failure is { } reason && _pulls.TryRemove(sid, out _))
            sink.Fail(reason);
    }

    /// <summary>Ends the subscription of a pull; what is still on its way is taken until it is forgotten.</summary>
    public void EndPull(long sid) => _outgoing.WriteControl(Encoding.UTF8.GetBytes($"UNSUB {sid}\r\n"));

    public void ForgetPull(long sid) => _pulls.TryRemove(sid, out _);

    public async Task<TimeSpan> PingAsync(CancellationToken cancellationToken)
    {
        var pong = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var clock = Stopwatch.StartNew();
        Ping(pong);
        if (_failure is { } reason)
            pong.TrySetException(reason);
        await pong.Task.WaitAsync(cancellationToken);
        return clock.Elapsed;
    }

    /// <summary>Ends the session for the given reason, if it has not ended yet.</summary>
    public async Task EndAsync(Exception reason)
    {
        if (Interlocked.CompareExchange(ref _failure, reason, null) is not null)
            return;

        _outgoing.Close(reason);
        foreach (var (token, _) in _waiting)
        {
            if (_waiting.TryRemove(token, out var sink))
                sink.Fail(reason);
        }

        foreach (var (sid, _) in _pulls)
        {
            if (_pulls.TryRemove(sid, out var sink))
                sink.Fail(reason);
        }

        while (_pings.TryDequeue(out var ping))
            ping.TrySetException(reason);
        await _end.CancelAsync();
        await _stream.DisposeAsync();
    }

    /// <summary>Frees what is left after <see cref="RunAsync"/>.</summary>
    public void Dispose() => _end.Dispose();

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var read = await _reader.ReadAsync(_end.Token);
                var buffer = read.Buffer;
                while (FrameReader.TryRead(ref buffer, out var frame))
                    Take(frame);
                if (read.IsCompleted)
                    throw new NatsConnectionFailedException("The server closed the connection.");
                _reader.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        finally
        {
            await _reader.CompleteAsync();
        }
    }

    /// <summary>Asks the server whether it is alive; a paused one accepts bytes for a long time.</summary>
    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(_owner.Opts.PingInterval);
        while (await timer.WaitForNextTickAsync(_end.Token))
        {
            if (Volatile.Read(ref _unanswered) >= _owner.Opts.MaxPingOut)
                throw new NatsConnectionFailedException($"The server left {_unanswered} pings unanswered.");
            Ping(new TaskCompletionSource());
        }
    }

    private void Ping(TaskCompletionSource pong)
    {
        // Pongs come in the order of the pings.
        lock (_pinging)
        {
            _pings.Enqueue(pong);
            Interlocked.Increment(ref _unanswered);
            _outgoing.WriteControl("PING\r\n"u8);
        }
    }

    private void Take(in Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Message:
                if (frame.Sid == NatsConnection.ReplySid)
                {
                    if (_waiting.TryGetValue(_owner.TokenOf(frame.Subject), out var sink))
                        sink.Take(frame);
                }
                else if (_pulls.TryGetValue(frame.Sid, out var pull))
                {
                    pull.Take(frame);
                }
                else
                {
                    _owner.Deliver(frame);
                }

                break;
            case FrameKind.Ping:
                _outgoing.WriteControl("PONG\r\n"u8);
                break;
            case FrameKind.Pong:
                if (!_pings.TryDequeue(out var ping))
                    throw new NatsProtocolViolationException("The server answered a ping that nobody sent.");
                Interlocked.Exchange(ref _unanswered, _pings.Count);
                ping.TrySetResult();
                break;
            case FrameKind.Info:
                Info = Greeting.ParseInfo(frame.Payload);
                _owner.OnInfo(Info);
                break;
            case FrameKind.Error:
                var error = new NatsServerException(Encoding.UTF8.GetString(frame.Payload.Span));
                _owner.OnError(error);
                // A refused subscription or publication leaves the connection as it is; after everything else the server closes it.
                if (!error.Error.StartsWith("Permissions Violation", StringComparison.OrdinalIgnoreCase))
                    throw error;
                break;
            default:
                break;
        }
    }
}
