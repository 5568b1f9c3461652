using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portico.Bench.Load;

/// <summary>An HTTP/1.1 connection that writes ready-made bytes and reads no more of an answer than a load needs.</summary>
/// <remarks>Two system calls a request and nothing parsed twice: HttpClient costs as much processor as the server under test. One request at a time.</remarks>
internal sealed class HttpConnection : IDisposable
{
    private const int MaxAnswer = 4 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    private readonly IPEndPoint _server;
    private readonly Timer _watch;
    private Socket? _socket;
    private byte[] _buffer = new byte[16 * 1024];
    private byte[] _body = new byte[16 * 1024];
    private int _filled;
    private int _bodyLength;
    private long _askedAt = long.MaxValue;

    public HttpConnection(Uri server)
    {
        _server = new IPEndPoint(IPAddress.Parse(server.Host), server.Port);
        // A time limit of its own for each answer would cost more than reading it.
        _watch = new Timer(_ => GiveUp(), null, WatchInterval, WatchInterval);
    }

    /// <summary>The body of the last answer, until the next request.</summary>
    public ReadOnlySpan<byte> Body => _body.AsSpan(0, _bodyLength);

    /// <summary>Sends a request and reads its answer; opens the connection when there is none.</summary>
    /// <param name="request">Whole, with its body.</param>
    /// <returns>The status.</returns>
    /// <exception cref="IOException">The connection broke, or the answer is no HTTP or none within 30 s; the next call opens another one.</exception>
    public ValueTask<int> ExchangeAsync(ReadOnlySpan<byte> request)
    {
        try
        {
            Volatile.Write(ref _askedAt, Environment.TickCount64);
            var socket = _socket ??= Connect();
            while (!request.IsEmpty)
                request = request[socket.Send(request)..];
            return AnswerAsync();
        }
        catch (SocketException failure)
        {
            Close();
            throw new IOException(failure.Message, failure);
        }
    }

    public void Dispose()
    {
        _watch.Dispose();
        Close();
    }

    private async ValueTask<int> AnswerAsync()
    {
        try
        {
            var status = await ReadAsync();
            Volatile.Write(ref _askedAt, long.MaxValue);
            return status;
        }
        catch (Exception failure) when (failure is SocketException or IOException or ObjectDisposedException)
        {
            Close();
            throw new IOException(failure.Message, failure);
        }
    }

    private void GiveUp()
    {
        if (Environment.TickCount64 - Volatile.Read(ref _askedAt) > Patience.TotalMilliseconds)
            _socket?.Dispose();
    }

    private void Close()
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
        };
        socket.Connect(_server);
        return socket;
    }

    private async ValueTask<int> ReadAsync()
    {
        int end;
        while ((end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8)) < 0)
            await ReceiveAsync();

        var (status, length, isChunked, isLast) = ReadHead(_buffer.AsSpan(0, end));
        var (from, to) = (end + 4, end + 4);
        if (isChunked)
        {
            (to, _bodyLength) = await ReadChunksAsync(from);
        }
        else
        {
            to += length;
            while (_filled < to)
                await ReceiveAsync();
            Keep(_buffer.AsSpan(from, length), 0);
            _bodyLength = length;
        }

        _buffer.AsSpan(to, _filled - to).CopyTo(_buffer);
        _filled -= to;
        if (isLast)
            Close();
        return status;
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

    private async ValueTask<(int End, int Size)> ReadChunksAsync(int at)
    {
        for (var size = 0; ;)
        {
            int line;
            while ((line = _buffer.AsSpan(at, _filled - at).IndexOf("\r\n"u8)) < 0)
                await ReceiveAsync();
            if (!Utf8Parser.TryParse(_buffer.AsSpan(at, line), out int chunk, out _, 'x') || chunk is < 0 or > MaxAnswer)
                throw new IOException("A chunk of the answer has no length.");

            at += line + 2;
            while (_filled < at + chunk + 2)
                await ReceiveAsync();
            Keep(_buffer.AsSpan(at, chunk), size);
            size += chunk;
            at += chunk + 2;
            if (chunk == 0)
                return (at, size);
        }
    }

    private void Keep(ReadOnlySpan<byte> part, int at)
    {
        if (_body.Length < at + part.Length)
            Array.Resize(ref _body, int.Max(2 * _body.Length, at + part.Length));
        part.CopyTo(_body.AsSpan(at));
    }

    private async ValueTask ReceiveAsync()
    {
        if (_filled == _buffer.Length)
        {
            if (_filled >= MaxAnswer)
                throw new IOException($"The answer is larger than {MaxAnswer} bytes.");
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        var received = await _socket!.ReceiveAsync(_buffer.AsMemory(_filled));
        if (received == 0)
            throw new IOException("The server closed the connection.");
        _filled += received;
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name) ? line[name.Length..].Trim((byte)' ') : default;
}
