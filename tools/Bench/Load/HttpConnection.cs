using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portico.Bench.Load;

/// <summary>An HTTP/1.1 connection that writes ready-made bytes and reads no more of an answer than a load needs.</summary>
/// <remarks>
/// Two system calls a request and nothing parsed twice: HttpClient costs as much processor as the server under test. One request at a time.
/// </remarks>
internal sealed class HttpConnection : IDisposable
{
    /// <summary>How long an answer is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const int MaxAnswer = 4 * 1024 * 1024;

    private readonly IPEndPoint _server;
    private byte[] _buffer = new byte[16 * 1024];
    private byte[] _body = new byte[16 * 1024];
    private int _filled;
    private int _bodyLength;

    public HttpConnection(Uri server) => _server = new IPEndPoint(IPAddress.Parse(server.Host), server.Port);

    /// <summary>The socket on which an answer will come; <c>null</c> until the first request, and after the connection has ended.</summary>
    public Socket? Socket { get; private set; }

    /// <summary>The body of the last answer, until the next request.</summary>
    public ReadOnlySpan<byte> Body => _body.AsSpan(0, _bodyLength);

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <returns>The status.</returns>
    /// <exception cref="IOException">
    /// The connection broke, or the answer is no HTTP or none within <see cref="Patience"/>; the next call opens another one.
    /// </exception>
    public int Exchange(ReadOnlySpan<byte> request)
    {
        Send(request);
        int status;
        while (!TryReceive(out status))
        {
        }

        return status;
    }

    /// <summary>Sends a request; opens the connection when there is none.</summary>
    /// <param name="request">Whole, with its body.</param>
    /// <exception cref="IOException">The connection broke; the next call opens another one.</exception>
    public void Send(ReadOnlySpan<byte> request)
    {
        try
        {
            var socket = Socket ??= Connect();
            while (!request.IsEmpty)
                request = request[socket.Send(request)..];
        }
        catch (SocketException failure)
        {
            Dispose();
            throw new IOException(failure.Message, failure);
        }
    }

    /// <summary>Takes what has come, or waits for it.</summary>
    /// <returns>Whether the answer is complete.</returns>
    /// <exception cref="IOException">The connection broke, or the answer is no HTTP or none within <see cref="Patience"/>.</exception>
    public bool TryReceive(out int status)
    {
        try
        {
            Receive();
            return TryRead(out status);
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            Dispose();
            throw new IOException(failure.Message, failure);
        }
    }

    public void Dispose()
    {
        Socket?.Dispose();
        (Socket, _filled) = (null, 0);
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

    private bool TryRead(out int status)
    {
        status = 0;
        var end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;

        (status, var length, var isChunked, var isLast) = ReadHead(_buffer.AsSpan(0, end));
        var (from, to) = (end + 4, end + 4 + length);
        if (isChunked)
        {
            if (!TryReadChunks(from, out to))
                return false;
        }
        else
        {
            if (_filled < to)
                return false;
            Keep(_buffer.AsSpan(from, length), 0);
            _bodyLength = length;
        }

        _buffer.AsSpan(to, _filled - to).CopyTo(_buffer);
        _filled -= to;
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
            var line = _buffer.AsSpan(at, _filled - at).IndexOf("\r\n"u8);
            if (line < 0)
                return false;
            if (!Utf8Parser.TryParse(_buffer.AsSpan(at, line), out int chunk, out _, 'x') || chunk is < 0 or > MaxAnswer)
                throw new IOException("A chunk of the answer has no length.");

            at += line + 2;
            if (_filled < at + chunk + 2)
                return false;
            Keep(_buffer.AsSpan(at, chunk), _bodyLength);
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

    private void Receive()
    {
        if (_filled == _buffer.Length)
        {
            if (_filled >= MaxAnswer)
                throw new IOException($"The answer is larger than {MaxAnswer} bytes.");
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        var received = Socket!.Receive(_buffer.AsSpan(_filled));
        if (received == 0)
            throw new IOException("The server closed the connection.");
        _filled += received;
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name) ? line[name.Length..].Trim((byte)' ') : default;
}
