using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portico.IntegrationTests.Dashboard;

/// <summary>How the server treats a request.</summary>
internal enum Behaviour
{
    Good,

    /// <summary>Nobody listens.</summary>
    Dead,

    /// <summary>Takes the request and never answers.</summary>
    Hung,

    /// <summary>Answers after a second.</summary>
    Slow,

    /// <summary>Answers with half of its body, and closes.</summary>
    Half,

    /// <summary>Resets the connection in the middle of the body.</summary>
    Reset,

    /// <summary>Answers when <see cref="DownstreamServer.Release"/> is called.</summary>
    Held,

    /// <summary>Answers 500.</summary>
    Broken,
}

/// <summary>Another service, on raw sockets so that it can fail in every way.</summary>
internal sealed class DownstreamServer : IAsyncDisposable
{
    private const string Body = """{"answer":"from the other service"}""";

    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private TcpListener? _listener;
    private TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Behaviour _behaviour;
    private int _calls;
    private int _cancelled;

    private DownstreamServer(int port) => Port = port;

    public int Port { get; private set; }

    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>How many requests have arrived.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>How many clients left before their answer.</summary>
    public int Cancelled => Volatile.Read(ref _cancelled);

    public int OpenConnections => _open.Count;

    /// <summary>The head of the last request.</summary>
    public string LastHead { get; private set; } = "";

    public Behaviour Behaviour
    {
        get => _behaviour;
        set
        {
            _behaviour = value;
            if (value == Behaviour.Held)
                _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (value == Behaviour.Dead)
                Close();
            else if (_listener is null)
                Listen();
        }
    }

    public static DownstreamServer Start()
    {
        var server = new DownstreamServer(0);
        server.Listen();
        return server;
    }

    public void Release() => _release.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Close();
        _end.Dispose();
    }

    private void Listen()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port) { Server = { ExclusiveAddressUse = false } };
        _listener.Start(2048);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = Accept(_listener);
    }

    private void Close()
    {
        _listener?.Stop();
        _listener = null;
        foreach (var socket in _open.Keys)
            socket.Dispose();
    }

    private async Task Accept(TcpListener listener)
    {
        try
        {
            for (; ; )
                _ = Serve(await listener.AcceptSocketAsync(_end.Token));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task Serve(Socket socket)
    {
        _open[socket] = true;
        try
        {
            using (socket)
            {
                while (await ReadHead(socket) is { } head)
                {
                    LastHead = head;
                    Interlocked.Increment(ref _calls);
                    if (!await Answer(socket))
                        return;
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client is gone, or the server is.
        }
        finally
        {
            _open.TryRemove(socket, out _);
        }
    }

    private async Task<bool> Answer(Socket socket)
    {
        switch (Behaviour)
        {
            case Behaviour.Hung:
                return await Unless(socket, Task.Delay(Timeout.Infinite, _end.Token));
            case Behaviour.Slow when !await Unless(socket, Task.Delay(1_000, _end.Token)):
            case Behaviour.Held when !await Unless(socket, _release.Task):
                return false;
            case Behaviour.Half:
                await Send(socket, "200 OK", Body[..(Body.Length / 2)]);
                return false;
            case Behaviour.Reset:
                await Send(socket, "200 OK", Body[..(Body.Length / 2)]);
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
                return false;
            case Behaviour.Broken:
                await Send(socket, "500 Internal Server Error", Body);
                return true;
            default:
                await Send(socket, "200 OK", Body);
                return true;
        }
    }

    /// <summary>Waits for a task; <c>false</c> when the client leaves first.</summary>
    private async Task<bool> Unless(Socket socket, Task wait)
    {
        var left = socket.ReceiveAsync(new byte[1], SocketFlags.None, _end.Token).AsTask();
        if (await Task.WhenAny(wait, left) == wait)
        {
            // The pending read would take the next request.
            await Send(socket, "200 OK", Body);
            return false;
        }

        Interlocked.Increment(ref _cancelled);
        return false;
    }

    private static async Task<string?> ReadHead(Socket socket)
    {
        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer, SocketFlags.None);
            if (read == 0)
                return null;
            head.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return head.ToString();
    }

    private static async Task Send(Socket socket, string status, string body) => await socket.SendAsync(
        Encoding.Latin1.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{body}"),
        SocketFlags.None);
}
