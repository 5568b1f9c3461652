using System.Globalization;
using Portico.Nats.Protocol;

namespace Portico.Nats.JetStream;

/// <summary>Where a message stands in its stream and in its consumer.</summary>
public readonly record struct NatsJSSequencePair(ulong Stream, ulong Consumer);

/// <summary>What the server tells of a delivery.</summary>
public readonly record struct NatsJSMsgMetadata(
    NatsJSSequencePair Sequence, ulong NumDelivered, ulong NumPending, DateTimeOffset Timestamp, string Stream, string Consumer, string Domain)
{
    private const int ShortForm = 9;
    private const int LongForm = 11;

    // $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>,
    // and with a domain and an account before the stream, and perhaps a random token at the end.
    internal static NatsJSMsgMetadata? Of(string? replyTo)
    {
        if (replyTo?.StartsWith("$JS.ACK.", StringComparison.Ordinal) != true)
            return null;

        var tokens = replyTo.Split('.');
        var from = tokens.Length switch { ShortForm => 2, >= LongForm => 4, _ => -1 };
        if (from < 0 || tokens.Length < from + 7)
            return null;

        Span<ulong> numbers = stackalloc ulong[5];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!ulong.TryParse(tokens[from + 2 + i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
                return null;
        }

        const int nanosecondsPerTick = 100;
        return new NatsJSMsgMetadata(
            new NatsJSSequencePair(numbers[1], numbers[2]),
            numbers[0],
            numbers[4],
            DateTimeOffset.UnixEpoch.AddTicks((long)(numbers[3] / nanosecondsPerTick)),
            tokens[from],
            tokens[from + 1],
            from == 4 && tokens[2] != "_" ? tokens[2] : "");
    }
}

/// <summary>A message of a consumer, which is to be answered.</summary>
public readonly record struct NatsJSMsg<T>
{
    private readonly NatsConnection _connection;
    private readonly NatsMsg<T> _message;

    internal NatsJSMsg(NatsConnection connection, in Frame frame)
    {
        _connection = connection;
        _message = new NatsMsg<T>(connection, frame.Subject, frame.ReplyTo, frame.Headers, frame.Payload);
    }

    public string Subject => _message.Subject;
    public int Size => _message.Size;
    public NatsHeaders? Headers => _message.Headers;
    public T? Data => _message.Data;
    public INatsConnection? Connection => _connection;
    public string? ReplyTo => _message.ReplyTo;

    /// <summary>Null when the server's reply address has another form than is known.</summary>
    public NatsJSMsgMetadata? Metadata => NatsJSMsgMetadata.Of(ReplyTo);

    /// <summary>Done: it does not come again.</summary>
    public ValueTask AckAsync(AckOpts? opts = null, CancellationToken cancellationToken = default) => AnswerAsync("+ACK", opts, cancellationToken);

    /// <summary>Not done: it comes again, at once or after the delay.</summary>
    public ValueTask NakAsync(AckOpts? opts = null, TimeSpan delay = default, CancellationToken cancellationToken = default)
    {
        var wait = delay > TimeSpan.Zero ? delay : opts?.NakDelay ?? TimeSpan.Zero;
        return AnswerAsync(wait > TimeSpan.Zero ? $$"""-NAK {"delay": {{wait.Ticks * 100}}}""" : "-NAK", opts, cancellationToken);
    }

    /// <summary>Still at it: the wait for an answer begins anew.</summary>
    public ValueTask AckProgressAsync(AckOpts? opts = null, CancellationToken cancellationToken = default) => AnswerAsync("+WPI", opts, cancellationToken);

    /// <summary>Never again, though it was not done.</summary>
    /// <remarks>Without a reason: servers of version 2.9 ignore the answer when it has one.</remarks>
    public ValueTask AckTerminateAsync(AckOpts? opts = null, CancellationToken cancellationToken = default) => AnswerAsync("+TERM", opts, cancellationToken);

    private async ValueTask AnswerAsync(string answer, AckOpts? opts, CancellationToken cancellationToken)
    {
        if (ReplyTo is null)
            throw new NatsJSException("The message takes no answer.");
        if (opts?.DoubleAck == true)
            await _connection.RequestAsync<string, ReadOnlyMemory<byte>>(ReplyTo, answer, cancellationToken: cancellationToken);
        else
            await _connection.PublishAsync(ReplyTo, answer, cancellationToken: cancellationToken);
    }
}
