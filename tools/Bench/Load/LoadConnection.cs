using System.Net;
using System.Net.Sockets;

namespace Portico.Bench.Load;

/// <summary>A connection that carries one request at a time, and reads no more of an answer than a load needs.</summary>
/// <remarks>
/// Two system calls a request and nothing parsed twice: a client library costs as much processor as the server under test.
/// </remarks>
/// <param name="server">Where to; the host is an address.</param>
internal abstract class LoadConnection(Uri server) : IDisposable
{
    /// <summary>How long an answer is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    protected const int MaxAnswer = 4 * 1024 * 1024;

    private readonly IPEndPoint _server = new(IPAddress.Parse(server.Host), server.Port);
    private byte[] _buffer = new byte[16 * 1024];
    private int _filled;

    /// <summary>The socket on which an answer will come; <c>null</c> until the first request, and after the connection has ended.</summary>
    public Socket? Socket { get; private set; }

    /// <summary>The body of the last answer, until the next request.</summary>
    public abstract ReadOnlySpan<byte> Body { get; }

    /// <summary>What has come and was not consumed.</summary>
    protected ReadOnlySpan<byte> Received => _buffer.AsSpan(0, _filled);

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <returns>The status.</returns>
    /// <exception cref="IOException">
    /// The connection broke, or the answer is invalid or none came within <see cref="Patience"/>; the next call opens another one.
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
            if (Socket is null)
            {
                Socket = Connect();
                Opened();
            }

            Write(Prepared(request));
        }
        catch (SocketException failure)
        {
            Dispose();
            throw new IOException(failure.Message, failure);
        }
    }

    /// <summary>Takes what has come, or waits for it.</summary>
    /// <returns>Whether the answer is complete.</returns>
    /// <exception cref="IOException">
    /// The connection broke, or the answer is invalid or none came within <see cref="Patience"/>.
    /// </exception>
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

    /// <summary>Writes what comes before the first request.</summary>
    protected virtual void Opened()
    {
    }

    /// <summary>The request as it is written.</summary>
    protected virtual ReadOnlySpan<byte> Prepared(ReadOnlySpan<byte> request) => request;

    /// <summary>Reads an answer from <see cref="Received"/>, if all of it is there.</summary>
    protected abstract bool TryRead(out int status);

    protected void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[Socket!.Send(bytes)..];
    }

    protected void Consume(int count)
    {
        _buffer.AsSpan(count, _filled - count).CopyTo(_buffer);
        _filled -= count;
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
}
