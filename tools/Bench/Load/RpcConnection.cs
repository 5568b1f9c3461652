using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Portico.Bench.Load;

/// <summary>An HTTP/2 connection (RFC 9113) that makes one unary gRPC call at a time with ready-made frames.</summary>
/// <remarks>
/// The status is 200 for an answer with a message, and 500 for one without: gRPC puts an error into the trailers (gRPC over HTTP/2).
/// </remarks>
internal sealed class RpcConnection(Uri server) : LoadConnection(server)
{
    private const int HeadLength = 9;
    private const int StreamAt = 5;
    private const int MessageAt = 5;
    private const byte EndStream = 0x1;
    private const byte Acknowledges = 0x1;
    private const byte EndHeaders = 0x4;
    private const int MaxWindow = int.MaxValue;
    private const int InitialWindow = 65_535;

    private byte[] _request = [];
    private byte[] _message = [];
    private int _stream;
    private long _taken;
    private bool _hasMessage;

    /// <summary>The kinds of frames that matter here.</summary>
    private enum Frame : byte
    {
        Data = 0,
        Headers = 1,
        Reset = 3,
        Settings = 4,
        Ping = 6,
        GoAway = 7,
        WindowUpdate = 8,
    }

    public override ReadOnlySpan<byte> Body => _message;

    /// <summary>The frames of a call, without the number of their stream.</summary>
    /// <param name="path">Service and method.</param>
    /// <param name="token">The access token.</param>
    /// <param name="message">The request in Protocol Buffers.</param>
    public static byte[] Call(string path, string token, ReadOnlySpan<byte> message)
    {
        var fields = new ArrayBufferWriter<byte>(1024);
        // Method POST and scheme http are in the static table (RFC 7541, appendix A). The rest is not indexed, as by HttpClient of .NET.
        fields.Write<byte>([0x83, 0x86]);
        foreach (
            var (name, value) in ((string, string)[])
            [
                (":path", path), (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers"),
                ("authorization", $"Bearer {token}"),
            ])
        {
            fields.Write<byte>([0]);
            WriteText(fields, name);
            WriteText(fields, value);
        }

        var frames = new ArrayBufferWriter<byte>(fields.WrittenCount + message.Length + 64);
        WriteFrame(frames, Frame.Headers, EndHeaders, fields.WrittenSpan);
        var data = new byte[MessageAt + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(1), message.Length);
        message.CopyTo(data.AsSpan(MessageAt));
        WriteFrame(frames, Frame.Data, EndStream, data);
        return frames.WrittenSpan.ToArray();
    }

    protected override void Opened()
    {
        (_stream, _taken) = (-1, 0);
        var preface = new ArrayBufferWriter<byte>(64);
        preface.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        WriteFrame(preface, Frame.Settings, flags: 0, []);
        WriteWindow(preface, MaxWindow - InitialWindow);
        Write(preface.WrittenSpan);
    }

    protected override ReadOnlySpan<byte> Prepared(ReadOnlySpan<byte> request)
    {
        if (_request.Length < request.Length)
            _request = new byte[request.Length];
        var frames = _request.AsSpan(0, request.Length);
        request.CopyTo(frames);
        _stream += 2;
        _hasMessage = false;
        for (var at = 0; at < frames.Length; at += HeadLength + LengthOf(frames[at..]))
            BinaryPrimitives.WriteInt32BigEndian(frames[(at + StreamAt)..], _stream);
        return frames;
    }

    protected override bool TryRead(out int status)
    {
        status = 0;
        while (Received.Length >= HeadLength && HeadLength + LengthOf(Received) is var length && Received.Length >= length)
        {
            var isLast = Take(Received[..length]);
            Consume(length);
            if (!isLast)
                continue;
            status = _hasMessage ? 200 : 500;
            return true;
        }

        return false;
    }

    // Whether it is the last one of the answer.
    private bool Take(ReadOnlySpan<byte> frame)
    {
        var (kind, flags) = ((Frame)frame[3], frame[4]);
        var payload = frame[HeadLength..];
        switch (kind)
        {
            case Frame.Data:
                Replenish(payload.Length);
                _hasMessage |= payload.Length >= MessageAt;
                if (payload.Length > MessageAt)
                    _message = payload[MessageAt..].ToArray();
                break;
            case Frame.Settings or Frame.Ping when (flags & Acknowledges) == 0:
                var answer = new ArrayBufferWriter<byte>(32);
                WriteFrame(answer, kind, Acknowledges, kind == Frame.Ping ? payload : []);
                Write(answer.WrittenSpan);
                break;
            case Frame.Reset:
                return true;
            case Frame.GoAway:
                throw new IOException("The server closed the connection.");
        }

        return kind is Frame.Data or Frame.Headers && (flags & EndStream) != 0;
    }

    private void Replenish(int taken)
    {
        _taken += taken;
        if (_taken < MaxWindow / 2)
            return;
        var update = new ArrayBufferWriter<byte>(32);
        WriteWindow(update, (int)_taken);
        Write(update.WrittenSpan);
        _taken = 0;
    }

    private static int LengthOf(ReadOnlySpan<byte> frame) => (frame[0] << 16) | (frame[1] << 8) | frame[2];

    private static void WriteWindow(ArrayBufferWriter<byte> to, int more)
    {
        Span<byte> increment = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(increment, more);
        WriteFrame(to, Frame.WindowUpdate, flags: 0, increment);
    }

    private static void WriteFrame(ArrayBufferWriter<byte> to, Frame kind, byte flags, ReadOnlySpan<byte> payload)
    {
        to.Write<byte>([(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, (byte)kind, flags, 0, 0, 0, 0]);
        to.Write(payload);
    }

    // An integer with a prefix of 7 bits, then the octets (RFC 7541, 5.1 and 5.2).
    private static void WriteText(ArrayBufferWriter<byte> to, string text)
    {
        const int prefix = 0x7f;
        var length = Encoding.ASCII.GetByteCount(text);
        to.Write<byte>([(byte)int.Min(length, prefix)]);
        if (length >= prefix)
        {
            for (length -= prefix; length >= 0x80; length >>= 7)
                to.Write<byte>([(byte)(length | 0x80)]);
            to.Write<byte>([(byte)length]);
        }

        Encoding.ASCII.GetBytes(text, to);
    }
}
