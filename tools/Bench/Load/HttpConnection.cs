using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portico.Bench.Load;

/// <summary>An HTTP/1.1 connection that writes ready-made bytes and reads no more of an answer than a load needs.</summary>
/// <remarks>Blocking, for a thread of its own: two system calls a request, where HttpClient costs as much processor as the server under test.</remarks>
internal sealed class HttpConnection : IDisposable
{
    private const int MaxAnswer = 4 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IPEndPoint _server;
    private Socket? _socket;
    private byte[] _buffer = new byte[16 * 1024];
    private byte[] _body = new byte[16 * 1024];
    private int _filled;

    public HttpConnection(Uri server) => _server = new IPEndPoint(IPAddress.Parse(server.Host), server.Port);

    /// <summary>Sends a request and reads its answer; opens the connection when there is none.</summary>
    /// <param name="request">Whole, with its body.</param>
    /// <param name="body">The answer's body, until the next call.</param>
    /// <returns>The status.</returns>
    /// <exception cref="IOException">The connection broke, or the answer is no HTTP; the next call opens another one.</exception>
    public int Exchange(ReadOnlySpan<byte> request, out ReadOnlySpan<byte> body)
    {
        try
        {
            var socket = _socket ??= Connect();
            while (!request.IsEmpty)
                request = request[socket.Send(request)..];
            return Read(out body);
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            Dispose();
            throw new IOException(failure.Message, failure);
        }
    }

    public void Dispose()
    {
        _socket?.Dispose();
        (_socket, _filled) = (null, 0);
    }

    private Socket Connect()
    {
        var socket = new Socket(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            SendTimeout = (int)Patience.TotalMilliseconds,
            ReceiveTimeout = (int)Patience.TotalMilliseconds,
        };
        socket.Connect(_server);
        return socket;
    }

    private int Read(out ReadOnlySpan<byte> body)
    {
        int end;
        while ((end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8)) < 0)
            Receive();

        var head = _buffer.AsSpan(0, end);
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

        var (from, to) = (end + 4, end + 4);
        if (isChunked)
        {
            to = ReadChunks(from, out var size);
            body = _body.AsSpan(0, size);
        }
        else
        {
            to += length;
            while (_filled < to)
                Receive();
            Keep(_buffer.AsSpan(from, length), 0);
            body = _body.AsSpan(0, length);
        }

        _buffer.AsSpan(to, _filled - to).CopyTo(_buffer);
        _filled -= to;
        if (isLast)
            Dispose();
        return status;
    }

    private int ReadChunks(int at, out int size)
    {
        size = 0;
        while (true)
        {
            int line;
            while ((line = _buffer.AsSpan(at, _filled - at).IndexOf("\r\n"u8)) < 0)
                Receive();
            if (!Utf8Parser.TryParse(_buffer.AsSpan(at, line), out int chunk, out _, 'x') || chunk is < 0 or > MaxAnswer)
                throw new IOException("A chunk of the answer has no length.");

            at += line + 2;
            while (_filled < at + chunk + 2)
                Receive();
            Keep(_buffer.AsSpan(at, chunk), size);
            size += chunk;
            at += chunk + 2;
            if (chunk == 0)
                return at;
        }
    }

    private void Keep(ReadOnlySpan<byte> part, int at)
    {
        if (_body.Length < at + part.Length)
            Array.Resize(ref _body, int.Max(2 * _body.Length, at + part.Length));
        part.CopyTo(_body.AsSpan(at));
    }

    private void Receive()
    {
        if (_filled == _buffer.Length)
        {
            if (_filled >= MaxAnswer)
                throw new IOException($"The answer is larger than {MaxAnswer} bytes.");
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        var received = _socket!.Receive(_buffer.AsSpan(_filled));
        if (received == 0)
            throw new IOException("The server closed the connection.");
        _filled += received;
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name) ? line[name.Length..].Trim((byte)' ') : default;
}
