using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Portico.Nats.Protocol;

namespace Portico.Nats.JetStream;

/// <inheritdoc cref="INatsJSConsumer"/>
internal sealed class NatsJSConsumer(NatsJSContext context, ConsumerInfo info) : INatsJSConsumer
{
    private const int DefaultMsgs = 1000;
    private static readonly TimeSpan DefaultExpires = TimeSpan.FromSeconds(30);

    // The server answers at the end of a pull; a lost or overlooked one is silence, so that ours comes later than its.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(5);

    public ConsumerInfo Info { get; private set; } = info;

    public async IAsyncEnumerable<NatsJSMsg<T>> ConsumeAsync<T>(
        NatsJSConsumeOpts? opts = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var pull = new Pull(opts?.MaxMsgs ?? DefaultMsgs, opts?.MaxBytes, opts?.Expires ?? DefaultExpires, opts?.IdleHeartbeat, NoWait: false);
        var failed = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await using var messages = PullAsync<T>(pull, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                try
                {
                    if (!await messages.MoveNextAsync())
                        break;
                }
                catch (NatsException outage) when (outage is NatsConnectionFailedException or NatsNoReplyException or NatsNoRespondersException or NatsJSApiNoResponseException)
                {
                    // The connection comes back by itself, and JetStream after it.
                    failed++;
                    break;
                }

                failed = 0;
                yield return messages.Current;
            }

            if (failed > 0)
                await Task.Delay(Rest(failed), cancellationToken);
        }
    }

    public IAsyncEnumerable<NatsJSMsg<T>> FetchAsync<T>(NatsJSFetchOpts opts, CancellationToken cancellationToken = default) => PullAsync<T>(
        new Pull(opts.MaxMsgs ?? DefaultMsgs, opts.MaxBytes, opts.Expires ?? DefaultExpires, opts.IdleHeartbeat, NoWait: false), cancellationToken);

    public IAsyncEnumerable<NatsJSMsg<T>> FetchNoWaitAsync<T>(NatsJSFetchOpts opts, CancellationToken cancellationToken = default) => PullAsync<T>(
        new Pull(opts.MaxMsgs ?? DefaultMsgs, opts.MaxBytes, TimeSpan.FromSeconds(1), IdleHeartbeat: null, NoWait: true), cancellationToken);

    public async ValueTask<NatsJSMsg<T>?> NextAsync<T>(NatsJSNextOpts? opts = null, CancellationToken cancellationToken = default)
    {
        var pull = new Pull(1, MaxBytes: null, opts?.Expires ?? DefaultExpires, opts?.IdleHeartbeat, NoWait: false);
        await foreach (var message in PullAsync<T>(pull, cancellationToken))
            return message;
        return null;
    }

    public async ValueTask RefreshAsync(CancellationToken cancellationToken = default) =>
        Info = await context.ConsumerInfoAsync(Info.StreamName, Info.Name, cancellationToken);

    private static TimeSpan Rest(int failed)
    {
        var rest = TimeSpan.FromMilliseconds(50 * Math.Pow(2, Math.Min(failed, 10)));
        return (rest < LongestRest ? rest : LongestRest) * (0.5 + (Random.Shared.NextDouble() / 2));
    }

    private async IAsyncEnumerable<NatsJSMsg<T>> PullAsync<T>(Pull pull, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var client = context.Client;
        var inbox = new Inbox(pull.Batch);
        var isOver = false;
        var (session, sid) = await client.SendPullAsync(
            $"{context.Opts.ApiPrefix}.CONSUMER.MSG.NEXT.{Info.StreamName}.{Info.Name}", pull.Body(), inbox, cancellationToken);
        try
        {
            var started = Stopwatch.GetTimestamp();
            for (var received = 0; received < pull.Batch;)
            {
                // Counted from the last sign of life where the server gives one, else over the whole pull.
                var patience = pull.IdleHeartbeat is { } beat ? (2 * beat) + Grace : pull.Expires + Grace - Stopwatch.GetElapsedTime(started);
                if (await inbox.NextAsync(patience, cancellationToken) is not { } frame)
                {
                    // Silence is what an unknown consumer, a lost pull and too many unanswered messages have in common.
                    await RefreshAsync(cancellationToken);
                    yield break;
                }

                if (frame is { Headers.Code: > 0, Payload.IsEmpty: true })
                {
                    isOver = IsEnd(frame.Headers);
                    if (isOver)
                        yield break;
                    continue;
                }

                isOver = ++received == pull.Batch;
                yield return new NatsJSMsg<T>(client, frame);
            }
        }
        finally
        {
            session.EndPull(sid);
            if (!isOver)
                await GiveBackAsync(session, inbox);
            session.ForgetPull(sid);
        }
    }

    /// <summary>Whether a status ends the pull; a heartbeat does not.</summary>
    /// <exception cref="NatsJSProtocolException">Another pull would end likewise.</exception>
    private static bool IsEnd(NatsHeaders status) => status.Code switch
    {
        100 => false,
        404 or 408 => true,
        409 when IsPassing(status.MessageText) => true,
        503 => throw new NatsNoRespondersException(),
        _ => throw new NatsJSProtocolException(status.Code, status.MessageText),
    };

    private static bool IsPassing(string text) =>
        text.Contains("Shutdown", StringComparison.OrdinalIgnoreCase)
        || text.Contains("Leadership Change", StringComparison.OrdinalIgnoreCase)
        || text.Contains("Batch Completed", StringComparison.OrdinalIgnoreCase)
        || text.Contains("Message Size Exceeds MaxBytes", StringComparison.OrdinalIgnoreCase);

    /// <summary>Lets the server deliver to somebody else what nobody here will read.</summary>
    private async Task GiveBackAsync(NatsSession session, Inbox inbox)
    {
        try
        {
            // Behind the answer nothing more comes for this pull.
            using var timeout = new CancellationTokenSource(Grace);
            await session.PingAsync(timeout.Token);

            // nats-server 2.9.10 loses the first message given back to a pull that nobody waits for any more; a look at the consumer clears such pulls away.
            await RefreshAsync(timeout.Token);
            while (inbox.TryTake(out var frame))
            {
                if (frame.ReplyTo is { } answer)
                    await context.Client.PublishAsync(answer, "-NAK", cancellationToken: timeout.Token);
            }
        }
        catch (Exception failure) when (failure is NatsException or ObjectDisposedException or OperationCanceledException)
        {
            // Then it comes again after the ack wait.
        }
    }

    private sealed record Pull(int Batch, int? MaxBytes, TimeSpan Expires, TimeSpan? IdleHeartbeat, bool NoWait)
    {
        public byte[] Body() => JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                batch = Batch,
                max_bytes = MaxBytes,
                expires = NoWait ? (TimeSpan?)null : Expires,
                idle_heartbeat = NoWait ? null : IdleHeartbeat,
                no_wait = NoWait ? true : (bool?)null,
            },
            JetStreamJson.Options);
    }

    /// <summary>What came for one pull; the server sends at most the batch, and statuses.</summary>
    private sealed class Inbox(int batch) : IReplySink
    {
        private const int Statuses = 64;

        private readonly Channel<Frame> _frames = Channel.CreateBounded<Frame>(batch + Statuses);

        public void Take(in Frame frame) => _frames.Writer.TryWrite(frame);

        public void Fail(Exception reason) => _frames.Writer.TryComplete(reason);

        public bool TryTake(out Frame frame) => _frames.Reader.TryRead(out frame);

        /// <returns>Null when nothing came in time.</returns>
        public async Task<Frame?> NextAsync(TimeSpan patience, CancellationToken cancellationToken)
        {
            try
            {
                // Nothing is taken while waiting, so that a wait that is given up leaves all in its place.
                if (_frames.Reader.TryRead(out var frame))
                    return frame;
                var some = _frames.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
                await some.WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, cancellationToken);
                return _frames.Reader.TryRead(out frame) ? frame : throw new NatsConnectionFailedException("The connection was lost.");
            }
            catch (TimeoutException)
            {
                return null;
            }
        }
    }
}
