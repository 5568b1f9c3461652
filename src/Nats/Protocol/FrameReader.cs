using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Portico.Nats.Protocol;

/// <summary>Takes operations off the stream of bytes that the server sends.</summary>
/// <remarks>Source: the NATS client protocol. A line is at most 64 KiB (INFO of a large cluster), a message at most 64 MiB (the server's own limit).</remarks>
internal static class FrameReader
{
    public const int MaxLine = 64 * 1024;
    public const int MaxMessage = 64 * 1024 * 1024;

    private const int MaxTokens = 5;

    /// <summary>Reads one operation and moves the buffer behind it; false while it is incomplete.</summary>
    /// <exception cref="NatsProtocolViolationException">This can't become an operation, whatever follows.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, out Frame frame)
    {
        frame = default;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
        {
            if (buffer.Length > MaxLine)
                throw new NatsProtocolViolationException("The server sent a line without an end.");
            return false;
        }

        if (line.Length > MaxLine)
            throw new NatsProtocolViolationException("The server sent too long a line.");

        var text = line.IsSingleSegment ? line.FirstSpan : line.ToArray();
        if (!text.EndsWith("\r"u8))
            throw new NatsProtocolViolationException("The server sent a line that does not end with CR LF.");
        text = text[..^1];

        if (text.StartsWith("MSG "u8) || text.StartsWith("HMSG "u8))
        {
            if (!TryReadMessage(text, ref reader, out frame))
                return false;
        }
        else
        {
            frame = Control(text);
        }

        buffer = buffer.Slice(reader.Position);
        return true;
    }

    private static Frame Control(ReadOnlySpan<byte> line)
    {
        if (line.SequenceEqual("PING"u8))
            return new Frame(FrameKind.Ping);
        if (line.SequenceEqual("PONG"u8))
            return new Frame(FrameKind.Pong);
        if (line.SequenceEqual("+OK"u8))
            return new Frame(FrameKind.Ok);
        if (line.StartsWith("INFO "u8))
            return new Frame(FrameKind.Info) { Payload = line[5..].ToArray() };
        if (line.StartsWith("-ERR"u8))
            return new Frame(FrameKind.Error) { Payload = line[4..].Trim(" '"u8).ToArray() };
        throw new NatsProtocolViolationException("The server sent an unknown operation.");
    }

    // MSG subject sid [reply] size, HMSG subject sid [reply] headers total
    private static bool TryReadMessage(ReadOnlySpan<byte> line, ref SequenceReader<byte> reader, out Frame frame)
    {
        frame = default;
        var hasHeaders = line[0] == 'H';
        Span<Range> tokens = stackalloc Range[MaxTokens + 2];
        var rest = line[(hasHeaders ? 5 : 4)..];
        var count = Split(rest, tokens);
        var sizes = hasHeaders ? 2 : 1;
        if (count != 2 + sizes && count != 3 + sizes)
            throw new NatsProtocolViolationException("The server sent a message with a broken first line.");

        var total = Number(rest[tokens[count - 1]], MaxMessage);
        var headers = hasHeaders ? Number(rest[tokens[count - 2]], total) : 0;
        if (reader.Remaining < total + 2)
            return false;

        var body = new byte[total];
        if (!reader.TryCopyTo(body))
            return false;
        reader.Advance(total);
        if (!reader.IsNext("\r\n"u8, advancePast: true))
            throw new NatsProtocolViolationException("The server sent a message that does not end where it should.");

        frame = new Frame(FrameKind.Message)
        {
            Subject = Encoding.UTF8.GetString(rest[tokens[0]]),
            Sid = Number(rest[tokens[1]], long.MaxValue),
            ReplyTo = count == 3 + sizes ? Encoding.UTF8.GetString(rest[tokens[2]]) : null,
            Headers = hasHeaders ? HeaderText.Read(body.AsSpan(0, (int)headers)) : null,
            Payload = body.AsMemory((int)headers),
        };
        return true;
    }

    private static int Split(ReadOnlySpan<byte> text, Span<Range> tokens)
    {
        var count = 0;
        foreach (var range in text.SplitAny(" \t"u8))
        {
            if (range.End.Value == range.Start.Value)
                continue;
            if (count == tokens.Length)
                return -1;
            tokens[count++] = range;
        }

        return count;
    }

    private static long Number(ReadOnlySpan<byte> digits, long highest) =>
        digits.Length is > 0 and <= 19 && Utf8Parser.TryParse(digits, out long number, out var used) && used == digits.Length && number >= 0 && number <= highest
            ? number
            : throw new NatsProtocolViolationException("The server sent a message with a number that can't be.");
}
