using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Text;
using System.Threading.Channels;
using Portico.Nats.Protocol;

namespace Portico.Nats;

/// <inheritdoc cref="INatsConnection"/>
/// <remarks>
/// A lost connection is made again for ever, unless <see cref="NatsOpts.MaxReconnectRetry"/> says otherwise; subscriptions come back with it.
/// What was under way when it broke fails at once, and whether the server acted on it is unknown. Commands wait for a connection up to
/// <see cref="NatsOpts.CommandTimeout"/>. Nothing waits without a bound: neither what is to be sent, nor what came and is not read.
/// </remarks>
public sealed class NatsConnection : INatsConnection
{
    /// <summary>The subscription that all replies come by.</summary>
    internal const long ReplySid = 0;

    private const int MaxEvents = 256;
    private const int MaxDiscovered = 64;

    private static readonly byte[] LineEnd = "\r\n"u8.ToArray();

    private readonly ConcurrentDictionary<long, NatsSubBase> _subs = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private readonly IReadOnlyList<NatsUri> _configured;
    private readonly string _inbox;
    private readonly string _pullInbox;
    private readonly Channel<Func<ValueTask>> _events = Channel.CreateBounded<Func<ValueTask>>(
        new BoundedChannelOptions(MaxEvents) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private TaskCompletionSource<NatsSession> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _running;
    private Task? _telling;
    private Task? _opened;
    private NatsSession? _session;
    private long _lastSid;
    private long _lastToken;
    private int _nextServer;
    private volatile bool _draining;
    private volatile IReadOnlyList<NatsUri> _servers;

    /// <exception cref="ArgumentException"><see cref="NatsOpts.Url"/> is no address.</exception>
    public NatsConnection(NatsOpts opts)
    {
        Opts = opts;
        _servers = _configured = NatsUri.TryParse(opts.Url, out var servers) ? servers : throw new ArgumentException("Url must be nats://host:port.", nameof(opts));
        _nextServer = opts.NoRandomize ? 0 : Random.Shared.Next(_servers.Count);
        var inbox = $"{Subjects.Check(opts.InboxPrefix, nameof(opts))}.{Guid.NewGuid():N}";
        (_inbox, _pullInbox) = ($"{inbox}.", $"{inbox}-pull.");
    }

    public NatsConnection()
        : this(NatsOpts.Default)
    {
    }

    /// <summary>The connection is there, for the first time or again.</summary>
    public event AsyncEventHandler<NatsEventArgs>? ConnectionOpened;

    /// <summary>The connection is lost; it is being made again.</summary>
    public event AsyncEventHandler<NatsEventArgs>? ConnectionDisconnected;

    /// <summary>An attempt to connect failed; it is repeated.</summary>
    public event AsyncEventHandler<NatsEventArgs>? ReconnectFailed;

    /// <summary>A subscription was full, and a message to it is gone.</summary>
    public event AsyncEventHandler<NatsMessageDroppedEventArgs>? MessageDropped;

    /// <summary>A subscription began to lose messages; told again only after it has caught up.</summary>
    public event AsyncEventHandler<NatsSlowConsumerEventArgs>? SlowConsumerDetected;

    /// <summary>The server is about to shut down and will close the connection.</summary>
    public event AsyncEventHandler<NatsLameDuckModeActivatedEventArgs>? LameDuckModeActivated;

    /// <summary>The server refused something outside of any call, such as a subscription.</summary>
    public event AsyncEventHandler<NatsEventArgs>? ServerError;

    public NatsOpts Opts { get; }
    public NatsConnectionState ConnectionState { get; private set; }
    public ServerInfo? ServerInfo { get; private set; }

    public async ValueTask ConnectAsync()
    {
        Task opened;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            if (_opened is null || _opened.IsFaulted)
            {
                var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _opened = first.Task;
                _running = Task.Run(() => RunAsync(first));
                if (_telling is null)
                    _telling = Task.Run(TellAsync);
            }

            opened = _opened;
        }

        await opened;
    }

    public async ValueTask<TimeSpan> PingAsync(CancellationToken cancellationToken = default)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Opts.CommandTimeout);
        try
        {
            var session = await SessionAsync(timeout.Token);
            return await session.PingAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NatsNoReplyException();
        }
    }

    public ValueTask PublishAsync<T>(
        string subject, T data, NatsHeaders? headers = null, string? replyTo = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_draining, this);
        return new ValueTask(SendAsync(new Command(subject, replyTo, headers, Payload.Of(data)), cancellationToken));
    }

    public async IAsyncEnumerable<NatsMsg<T>> SubscribeAsync<T>(
        string subject, string? queueGroup = null, NatsSubOpts? opts = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var sub = await SubscribeCoreAsync<T>(subject, queueGroup, opts, cancellationToken);
        await foreach (var message in sub.Msgs.ReadAllAsync(cancellationToken))
            yield return message;
    }

    public async ValueTask<INatsSub<T>> SubscribeCoreAsync<T>(
        string subject, string? queueGroup = null, NatsSubOpts? opts = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_draining, this);
        Subjects.Check(subject, nameof(subject));
        if (queueGroup is not null)
            Subjects.Check(queueGroup, nameof(queueGroup));

        var sub = new NatsSub<T>(this, Interlocked.Increment(ref _lastSid), subject, queueGroup, opts?.ChannelOpts?.Capacity ?? Opts.SubPendingChannelCapacity);
        try
        {
            var session = await ConnectedAsync(cancellationToken);
            _subs[sub.Sid] = sub;
            session.WriteControl(sub.Line);
            // A session that began meanwhile has told its server of all subscriptions; being told twice of one changes nothing.
            if (Volatile.Read(ref _session) is { } current && current != session)
                current.WriteControl(sub.Line);
            await PingAsync(cancellationToken);
            return sub;
        }
        catch
        {
            Unsubscribe(sub);
            throw;
        }
    }

    public async ValueTask<NatsMsg<TReply>> RequestAsync<TRequest, TReply>(
        string subject, TRequest? data, NatsHeaders? headers = null, NatsSubOpts? replyOpts = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_draining, this);
        var reply = await RequestAsync(subject, headers, Payload.Of(data), replyOpts?.Timeout ?? Opts.RequestTimeout, cancellationToken);
        return reply.Headers?.Code == 503 && reply.Payload.IsEmpty
            ? throw new NatsNoRespondersException()
            : new NatsMsg<TReply>(this, reply.Subject, reply.ReplyTo, reply.Headers, reply.Payload);
    }

    public async ValueTask DrainAsync(CancellationToken cancellationToken = default)
    {
        _draining = true;
        try
        {
            foreach (var sub in _subs.Values)
                Volatile.Read(ref _session)?.WriteControl($"UNSUB {sub.Sid}\r\n");

            // Its answer comes after everything that the server had still sent, and after it took what we had still to send.
            if (ConnectionState == NatsConnectionState.Open)
                await PingAsync(cancellationToken);
        }
        catch (NatsException)
        {
            // A connection that is broken has nothing left to wait for.
        }
        finally
        {
            await DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (_gate)
        {
            if (_disposed.IsCancellationRequested)
                return;
            _draining = true;
            _disposed.Cancel();
            running = _running;
        }

        if (Volatile.Read(ref _session) is { } session)
            await session.EndAsync(new NatsConnectionFailedException("The connection was closed."));
        if (running is not null)
            await running;
        _events.Writer.TryComplete();
        foreach (var sub in _subs.Values)
            sub.Complete(reason: null);
        _subs.Clear();
        _disposed.Dispose();
    }

    private string NewToken() => Interlocked.Increment(ref _lastToken).ToString("x", CultureInfo.InvariantCulture);

    internal string TokenOf(string subject) => subject.StartsWith(_inbox, StringComparison.Ordinal) ? subject[_inbox.Length..] : "";

    internal void Deliver(in Frame frame)
    {
        if (_subs.TryGetValue(frame.Sid, out var sub))
            sub.Take(frame);
    }

    /// <summary>Sends a request that many messages answer, which the sink takes; gives the session that it left by, and the id of its subscription there.</summary>
    internal async Task<(NatsSession Session, long Sid)> SendPullAsync(string subject, ReadOnlyMemory<byte> payload, IReplySink sink, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_draining, this);
        var session = Volatile.Read(ref _session) ?? await ConnectedAsync(cancellationToken);
        var sid = Interlocked.Increment(ref _lastSid);
        var inbox = $"{_pullInbox}{sid}";
        session.AwaitPull(sid, inbox, sink);
        await WriteAsync(session, new Command(subject, inbox, headers: null, payload), cancellationToken);
        return (session, sid);
    }

    internal async Task<Frame> RequestAsync(
        string subject, NatsHeaders? headers, ReadOnlyMemory<byte> payload, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var token = NewToken();
        var answer = new SingleReply();
        var session = Volatile.Read(ref _session) ?? await ConnectedAsync(cancellationToken);
        session.Await(token, answer);
        try
        {
            await WriteAsync(session, new Command(subject, _inbox + token, headers, payload), cancellationToken);
            return await answer.Task.WaitAsync(timeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new NatsNoReplyException();
        }
        finally
        {
            session.Forget(token);
        }
    }

    internal void Unsubscribe(NatsSubBase sub)
    {
        if (_subs.TryRemove(sub.Sid, out _))
            Volatile.Read(ref _session)?.WriteControl($"UNSUB {sub.Sid}\r\n");
        sub.Complete(reason: null);
    }

    internal void OnInfo(ServerInfo info)
    {
        var wasLame = ServerInfo?.LameDuckMode == true;
        ServerInfo = info;
        Learn(info);
        if (info.LameDuckMode && !wasLame)
            Raise(LameDuckModeActivated, new NatsLameDuckModeActivatedEventArgs(info.Name));
    }

    internal void OnError(NatsServerException error) => Raise(ServerError, new NatsEventArgs(error.Message));

    internal void OnDropped(string subject, int pending, bool first)
    {
        Raise(MessageDropped, new NatsMessageDroppedEventArgs(subject, pending));
        if (first)
            Raise(SlowConsumerDetected, new NatsSlowConsumerEventArgs(subject));
    }

    /// <summary>Connects, and again whenever the connection is lost.</summary>
    private async Task RunAsync(TaskCompletionSource opened)
    {
        var failed = 0;
        try
        {
            while (!_disposed.IsCancellationRequested)
            {
                ConnectionState = opened.Task.IsCompletedSuccessfully ? NatsConnectionState.Reconnecting : NatsConnectionState.Connecting;
                var servers = _servers;
                var server = servers[_nextServer % servers.Count];
                NatsSession session;
                var started = Stopwatch.GetTimestamp();
                try
                {
                    session = await NatsSession.OpenAsync(this, server, _disposed.Token);
                }
                catch (Exception failure) when (failure is SocketException or IOException or NatsException or AuthenticationException)
                {
                    _nextServer = (_nextServer + 1) % servers.Count;
                    failed++;
                    Raise(ReconnectFailed, new NatsEventArgs($"{server}: {failure.Message}"));
                    var isFirst = !opened.Task.IsCompleted;
                    if ((isFirst && !Opts.RetryOnInitialConnect) || (Opts.MaxReconnectRetry >= 0 && failed > Opts.MaxReconnectRetry))
                    {
                        GiveUp(opened, failure as NatsException ?? new NatsConnectionFailedException($"{server} can't be reached: {failure.Message}", failure));
                        return;
                    }

                    await WaitAsync(failed);
                    continue;
                }

                using (session)
                    await ServeAsync(session, server, opened);

                // A server that takes us and drops us at once is as one that refuses us.
                failed = Stopwatch.GetElapsedTime(started) < Opts.ReconnectWaitMax ? failed + 1 : 0;
                await WaitAsync(failed);
            }
        }
        catch (OperationCanceledException) when (_disposed.IsCancellationRequested)
        {
            // We are closed.
        }

        GiveUp(opened, new NatsConnectionFailedException("The connection is closed."));
    }

    private async Task ServeAsync(NatsSession session, NatsUri server, TaskCompletionSource opened)
    {
        ServerInfo = session.Info;
        Learn(session.Info);
        Interlocked.Exchange(ref _session, session);
        session.WriteControl($"SUB {_inbox}* {ReplySid}\r\n");
        foreach (var sub in _subs.Values)
            session.WriteControl(sub.Line);
        ConnectionState = NatsConnectionState.Open;
        lock (_gate)
            _ready.TrySetResult(session);
        opened.TrySetResult();
        Raise(ConnectionOpened, new NatsEventArgs($"Connected to {server}."));
        if (session.Info.LameDuckMode)
            Raise(LameDuckModeActivated, new NatsLameDuckModeActivatedEventArgs(session.Info.Name));

        if (_disposed.IsCancellationRequested)
            await session.EndAsync(new NatsConnectionFailedException("The connection was closed."));
        var reason = await session.RunAsync();

        Volatile.Write(ref _session, null);
        ConnectionState = NatsConnectionState.Reconnecting;
        lock (_gate)
            _ready = new TaskCompletionSource<NatsSession>(TaskCreationOptions.RunContinuationsAsynchronously);
        // The one that went may be paused or about to end: the next is tried first where there is one.
        _nextServer = (_nextServer + 1) % _servers.Count;
        if (!_disposed.IsCancellationRequested)
            Raise(ConnectionDisconnected, new NatsEventArgs(reason.Message));
    }

    /// <summary>Takes up the servers of the cluster as it is now, after those that we were given.</summary>
    private void Learn(ServerInfo info)
    {
        if (Opts.IgnoreDiscoveredServers || info.ClientConnectUrls is not { Count: > 0 } announced)
            return;

        var others = announced.Take(MaxDiscovered)
            .Select(address => NatsUri.Announced(address, by: _configured[0]))
            .OfType<NatsUri>()
            .Where(other => !_configured.Any(given => given.Host == other.Host && given.Port == other.Port));
        _servers = [.. _configured, .. others];
    }

    private void GiveUp(TaskCompletionSource opened, NatsException reason)
    {
        ConnectionState = NatsConnectionState.Closed;
        lock (_gate)
        {
            // Nobody may be there to see it.
            _ready.TrySetException(reason);
            _ = _ready.Task.Exception;
            if (!_disposed.IsCancellationRequested)
                _ready = new TaskCompletionSource<NatsSession>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!opened.TrySetException(reason))
                _opened = Task.FromException(reason);
            _ = _opened?.Exception;
        }
    }

    private Task WaitAsync(int failed)
    {
        var wait = failed < 2 ? TimeSpan.Zero : Opts.ReconnectWaitMin * Math.Pow(2, Math.Min(failed - 2, 30));
        if (wait > Opts.ReconnectWaitMax)
            wait = Opts.ReconnectWaitMax;
        return Task.Delay(wait + (Opts.ReconnectJitter * Random.Shared.NextDouble()), _disposed.Token);
    }

    private async Task SendAsync(Command command, CancellationToken cancellationToken)
    {
        // A session that ended before it took anything leaves the message to the next.
        while (!await WriteAsync(Volatile.Read(ref _session) ?? await ConnectedAsync(cancellationToken), command, cancellationToken))
            await Task.Yield();
    }

    private async ValueTask<bool> WriteAsync(NatsSession session, Command command, CancellationToken cancellationToken)
    {
        var (head, tail) = command.Encode(session.Info.MaxPayload);
        try
        {
            return await session.WriteAsync(head, command.Payload, tail, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new NatsConnectionFailedException($"There was no room to send within {Opts.CommandTimeout.TotalSeconds:0.#} s.");
        }
    }

    /// <summary>The session that is open, or the next one if it comes in time.</summary>
    private async Task<NatsSession> ConnectedAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Opts.CommandTimeout);
        try
        {
            return await SessionAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NatsConnectionFailedException($"There was no connection within {Opts.CommandTimeout.TotalSeconds:0.#} s.");
        }
    }

    private async Task<NatsSession> SessionAsync(CancellationToken cancellationToken)
    {
        await ConnectAsync().AsTask().WaitAsync(cancellationToken);
        Task<NatsSession> ready;
        lock (_gate)
            ready = _ready.Task;
        return await ready.WaitAsync(cancellationToken);
    }

    /// <summary>Tells whoever listens, in order and off the thread that reads; a listener that is too slow misses some.</summary>
    private void Raise<TArgs>(AsyncEventHandler<TArgs>? listeners, TArgs args)
    {
        if (listeners is not null)
            _events.Writer.TryWrite(() => listeners(this, args));
    }

    private async Task TellAsync()
    {
        await foreach (var tell in _events.Reader.ReadAllAsync())
        {
            try
            {
                await tell();
            }
            catch (Exception)
            {
                // A listener's failure is its own; the next event is told all the same.
            }
        }
    }

    /// <summary>A message on its way out.</summary>
    private readonly struct Command
    {
        private readonly string _subject;
        private readonly string? _replyTo;
        private readonly byte[]? _headers;

        public Command(string subject, string? replyTo, NatsHeaders? headers, ReadOnlyMemory<byte> payload)
        {
            _subject = Subjects.Check(subject, nameof(subject));
            _replyTo = replyTo is null ? null : Subjects.Check(replyTo, nameof(replyTo));
            _headers = headers is { Count: > 0 } ? HeaderText.Write(headers) : null;
            Payload = payload;
        }

        public ReadOnlyMemory<byte> Payload { get; }

        /// <summary>What stands before and after the payload.</summary>
        public (byte[] Head, byte[] Tail) Encode(int maxPayload)
        {
            var headers = _headers ?? [];
            var total = headers.Length + Payload.Length;
            if (total > maxPayload)
                throw new NatsPayloadTooLargeException($"A message of {total} bytes: the server takes at most {maxPayload}.");

            var reply = _replyTo is null ? "" : $" {_replyTo}";
            var line = _headers is null
                ? $"PUB {_subject}{reply} {total}\r\n"
                : $"HPUB {_subject}{reply} {headers.Length} {total}\r\n";
            return ([.. Encoding.UTF8.GetBytes(line), .. headers], LineEnd);
        }
    }

    private sealed class SingleReply : TaskCompletionSource<Frame>, IReplySink
    {
        public SingleReply()
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
        }

        public void Take(in Frame frame) => TrySetResult(frame);

        public void Fail(Exception reason) => TrySetException(reason);
    }
}
