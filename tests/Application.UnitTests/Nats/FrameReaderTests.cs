using System.Buffers;
using System.Text;
using Portico.Nats;
using Portico.Nats.Protocol;

namespace Portico.Application.UnitTests.Nats;

public sealed class FrameReaderTests
{
    private const string Stream =
        "INFO {\"server_id\":\"A\",\"max_payload\":1048576}\r\n"
        + "PING\r\nPONG\r\n+OK\r\n-ERR 'Stale Connection'\r\n"
        + "MSG greetings.ada 7 11\r\nhello world\r\n"
        + "MSG empty 8 answers.1 0\r\n\r\n"
        + "MSG tricky 9 14\r\nMSG a 1 1\r\nxyz\r\n"
        + "HMSG with.headers 10 answers.2 32 37\r\nNATS/1.0\r\nA: one\r\nA: two\r\nB:\r\n\r\nhello\r\n"
        + "HMSG status 11 32 32\r\nNATS/1.0 408 Request Timeout\r\n\r\n\r\n";

    [Fact]
    public void Reads_the_same_however_the_bytes_are_split()
    {
        var bytes = Encoding.UTF8.GetBytes(Stream);
        var whole = ReadAll(new ReadOnlySequence<byte>(bytes));
        Assert.Equal(10, whole.Count);

        for (var split = 0; split <= bytes.Length; split++)
        {
            Assert.Equal(whole, ReadAll(Sequence(bytes.AsMemory(0, split), bytes.AsMemory(split))));
            Assert.Equal(whole, ReadInTwo(bytes, split));
        }

        Assert.Equal(whole, ReadAll(Sequence([.. Enumerable.Range(0, bytes.Length).Select(i => (ReadOnlyMemory<byte>)bytes.AsMemory(i, 1))])));
    }

    [Fact]
    public void Tells_the_parts_of_a_message()
    {
        var frames = new List<Frame>();
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Stream));
        while (FrameReader.TryRead(ref buffer, out var frame))
            frames.Add(frame);

        Assert.Equal("Stale Connection", Encoding.UTF8.GetString(frames[4].Payload.Span));
        Assert.Equal(("tricky", "MSG a 1 1\r\nxyz"), (frames[7].Subject, Encoding.UTF8.GetString(frames[7].Payload.Span)));
        Assert.Equal(["one", "two"], frames[8].Headers!["A"].AsEnumerable());
        Assert.Equal("", frames[8].Headers!["B"]);
        Assert.Equal(("answers.2", "hello"), (frames[8].ReplyTo, Encoding.UTF8.GetString(frames[8].Payload.Span)));
        Assert.Equal((408, "Request Timeout"), (frames[9].Headers!.Code, frames[9].Headers!.MessageText));
    }

    [Theory]
    [InlineData("HELLO\r\n")]
    [InlineData("\r\n")]
    [InlineData("PING\n")]
    [InlineData("ping pong\r\n")]
    [InlineData("MSG a 1\r\n")]
    [InlineData("MSG a 1 b c 1\r\nx\r\n")]
    [InlineData("MSG a b c d e f g h i j 1\r\nx\r\n")]
    [InlineData("MSG a x 1\r\nx\r\n")]
    [InlineData("MSG a -1 1\r\nx\r\n")]
    [InlineData("MSG a 1 -1\r\nx\r\n")]
    [InlineData("MSG a 1 1x\r\nx\r\n")]
    [InlineData("MSG a 1 99999999999999999999\r\n")]
    [InlineData("MSG a 1 67108865\r\n")]
    [InlineData("MSG a 1 1\r\nxx\r\n")]
    [InlineData("HMSG a 1 20 10\r\n")]
    [InlineData("HMSG a 1 4 4\r\nabcd\r\n")]
    [InlineData("HMSG a 1 12 12\r\nNATS/1.0\r\n\r\r\r\n")]
    [InlineData("HMSG a 1 16 16\r\nNATS/1.0 abc\r\n\r\n\r\n")]
    [InlineData("HMSG a 1 17 17\r\nNATS/1.0\r\n:no\r\n\r\n\r\n")]
    public void Refuses_what_is_no_operation(string text) => Assert.Throws<NatsProtocolViolationException>(() => ReadAll(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void Refuses_a_line_without_an_end()
    {
        var patient = new ReadOnlySequence<byte>(new byte[FrameReader.MaxLine]);
        Assert.False(FrameReader.TryRead(ref patient, out _));
        Assert.Throws<NatsProtocolViolationException>(() => ReadAll(new ReadOnlySequence<byte>(new byte[FrameReader.MaxLine + 1])));
    }

    [Fact]
    public void Survives_random_bytes()
    {
        var random = new Random(20261121);
        for (var run = 0; run < 2_000; run++)
        {
            var bytes = Encoding.UTF8.GetBytes(Stream);
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                ReadAll(new ReadOnlySequence<byte>(bytes));
            }
            catch (NatsProtocolViolationException)
            {
                // As it should be; anything else fails the test.
            }
        }
    }

    [Theory]
    [InlineData("a b", "x")]
    [InlineData("a:b", "x")]
    [InlineData("", "x")]
    [InlineData("a\r\nPUB b 0", "x")]
    [InlineData("a", "x\r\nb: y")]
    public void Refuses_headers_that_would_break_their_line(string key, string value) =>
        Assert.ThrowsAny<ArgumentException>(() => new NatsHeaders { [key] = value });

    [Fact]
    public void Reads_the_headers_that_it_writes()
    {
        var headers = new NatsHeaders { ["Nats-Msg-Id"] = "7", ["X"] = new[] { "один", "" } };

        var read = HeaderText.Read(HeaderText.Write(headers));
        Assert.Equal("7", read["Nats-Msg-Id"]);
        Assert.Equal(["один", ""], read["X"].AsEnumerable());
    }

    private static List<string> ReadAll(ReadOnlySequence<byte> buffer)
    {
        var texts = new List<string>();
        while (FrameReader.TryRead(ref buffer, out var frame))
            texts.Add(Describe(frame));
        return texts;
    }

    /// <summary>As it comes off a socket: first a part, then all that is left with the rest.</summary>
    private static List<string> ReadInTwo(byte[] bytes, int split)
    {
        var texts = new List<string>();
        var first = new ReadOnlySequence<byte>(bytes, 0, split);
        while (FrameReader.TryRead(ref first, out var frame))
            texts.Add(Describe(frame));
        var consumed = split - (int)first.Length;
        return [.. texts, .. ReadAll(new ReadOnlySequence<byte>(bytes, consumed, bytes.Length - consumed))];
    }

    private static string Describe(Frame frame) =>
        $"{frame.Kind} {frame.Sid} {frame.Subject} {frame.ReplyTo} {frame.Headers?.Code} {string.Join(';', frame.Headers?.Select(h => $"{h.Key}={h.Value}") ?? [])} "
        + Encoding.UTF8.GetString(frame.Payload.Span);

    private static ReadOnlySequence<byte> Sequence(params ReadOnlyMemory<byte>[] parts)
    {
        var first = new Segment(parts[0], 0);
        var last = first;
        foreach (var part in parts.Skip(1))
            last = last.Append(part);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
