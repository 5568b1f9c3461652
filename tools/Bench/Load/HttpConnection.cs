using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Portico.Bench.Load;

/// <summary>An HTTP/1.1 connection that writes ready-made bytes.</summary>
internal sealed class HttpConnection(Uri server) : LoadConnection(server)
{
    private byte[] _body = new byte[16 * 1024];
    private int _bodyLength;

    public override ReadOnlySpan<byte> Body => _body.AsSpan(0, _bodyLength);

    protected override bool TryRead(out int status)
    {
        status = 0;
        var end = Received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;

        (status, var length, var isChunked, var isLast) = ReadHead(Received[..end]);
        var (from, to) = (end + 4, end + 4 + length);
        if (isChunked)
        {
            if (!TryReadChunks(from, out to))
                return false;
        }
        else
        {
            if (Received.Length < to)
                return false;
            Keep(Received.Slice(from, length), 0);
            _bodyLength = length;
        }

        Consume(to);
        if (isLast)
            Dispose();
        return true;
    }

    private static (int Status, int Length, bool IsChunked, bool IsLast) ReadHead(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1.1 "u8) || !Utf8Parser.TryParse(head[9..], out int status, out _))
            throw new IOException("The answer is no HTTP/1.1.");

        var length = 0;
        var (isChunked, isLast) = (false, false);
        foreach (var range in head.Split("\r\n"u8))
        {
            var line = head[range];
            if (Value(line, "content-length:"u8) is { IsEmpty: false } number)
                length = int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture);
            isChunked |= Ascii.EqualsIgnoreCase(Value(line, "transfer-encoding:"u8), "chunked"u8);
            isLast |= Ascii.EqualsIgnoreCase(Value(line, "connection:"u8), "close"u8);
        }

        return (status, length, isChunked, isLast);
    }

    private bool TryReadChunks(int at, out int end)
    {
        for (_bodyLength = 0; ;)
        {
            end = at;
            var line = Received[at..].IndexOf("\r\n"u8);
            if (line < 0)
                return false;
            if (!Utf8Parser.TryParse(Received.Slice(at, line), out int chunk, out _, 'x') || chunk is < 0 or > MaxAnswer)
                throw new IOException("A chunk of the answer has no length.");

            at += line + 2;
            if (Received.Length < at + chunk + 2)
                return false;
            Keep(Received.Slice(at, chunk), _bodyLength);
            _bodyLength += chunk;
            end = at += chunk + 2;
            if (chunk == 0)
                return true;
        }
    }

    private void Keep(ReadOnlySpan<byte> part, int at)
    {
        if (_body.Length < at + part.Length)
            Array.Resize(ref _body, int.Max(2 * _body.Length, at + part.Length));
        part.CopyTo(_body.AsSpan(at));
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name) ? line[name.Length..].Trim((byte)' ') : default;
}
