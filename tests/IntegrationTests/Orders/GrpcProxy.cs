using System.Net;
using System.Net.Sockets;
using Portico.Testing;

namespace Portico.IntegrationTests.Orders;

/// <summary>What happens to a call on its way.</summary>
internal enum CallFault
{
    /// <summary>The service is killed before it gets the call.</summary>
    Dead,

    /// <summary>The service stops in the middle (SIGSTOP), with the call in its socket.</summary>
    Hung,

    /// <summary>The call arrives, and its answer is later than the caller waits.</summary>
    Slow,

    /// <summary>The call arrives, and the connection ends after half of the answer.</summary>
    Half,

    /// <summary>The call arrives, and the connection is reset within the answer.</summary>
    Reset,
}

/// <summary>Stands between Portico and the orders service, counts the calls (HTTP/2 streams), and breaks the one that is named.</summary>
internal sealed class GrpcProxy : IAsyncDisposable
{
    private const int PrefaceLength = 24;
    private const int FrameHeaderLength = 9;
    private const byte HeadersFrame = 1;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private OrdersProcess? _service;
    private Func<Task> _onFault = () => Task.CompletedTask;
    private CallFault? _fault;
    private int _left;
    private TaskCompletionSource _broken = new();
    private volatile bool _isBroken;

    public GrpcProxy()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public void LeadTo(OrdersProcess service) => _service = service;

    /// <summary>Breaks the n-th call from now, and everything after it, until <see cref="Heal"/>.</summary>
    public void Break(CallFault fault, int call)
    {
        _onFault = fault switch
        {
            CallFault.Dead => _service!.KillAsync,
            CallFault.Hung => () =>
            {
                _service!.Freeze();
                return Task.CompletedTask;
            }
            ,
            _ => () => Task.CompletedTask,
        };
        _broken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (_isBroken, _left, _fault) = (false, call, fault);
    }

    /// <summary>Waits until the call is broken, and then lets all calls through.</summary>
    public async Task HealAsync()
    {
        await _broken.Task.WaitAsync(TimeSpan.FromSeconds(30));
        (_fault, _isBroken) = (null, false);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (; ; )
                _ = RelayAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _service!.Service.Port, _end.Token);
                await Task.WhenAny(SendCallsAsync(client, server), SendAnswersAsync(server, client));
            }
            catch (Exception end) when (end is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One side is gone.
            }
        }
    }

    private async Task SendCallsAsync(TcpClient from, TcpClient to)
    {
        var (input, output) = (from.GetStream(), to.GetStream());
        var preface = new byte[PrefaceLength];
        await input.ReadExactlyAsync(preface, _end.Token);
        await output.WriteAsync(preface, _end.Token);
        var header = new byte[FrameHeaderLength];
        for (; ; )
        {
            await input.ReadExactlyAsync(header, _end.Token);
            var frame = new byte[FrameHeaderLength + (header[0] << 16 | header[1] << 8 | header[2])];
            header.CopyTo(frame, 0);
            await input.ReadExactlyAsync(frame.AsMemory(FrameHeaderLength), _end.Token);
            if (header[3] == HeadersFrame && _fault is not null && Interlocked.Decrement(ref _left) == 0)
            {
                _isBroken = true;
                await _onFault();
                _broken.TrySetResult();
            }

            await output.WriteAsync(frame, _end.Token);
        }
    }

    private async Task SendAnswersAsync(TcpClient from, TcpClient to)
    {
        var (input, output) = (from.GetStream(), to.GetStream());
        var buffer = new byte[16 * 1024];
        while (await input.ReadAsync(buffer, _end.Token) is > 0 and var read)
        {
            switch (_isBroken ? _fault : null)
            {
                case CallFault.Slow:
                    await Task.Delay(TimeSpan.FromSeconds(1), _end.Token);
                    break;
                case CallFault.Half:
                    await output.WriteAsync(buffer.AsMemory(0, read / 2), _end.Token);
                    return;
                case CallFault.Reset:
                    await output.WriteAsync(buffer.AsMemory(0, read / 2), _end.Token);
                    to.Client.LingerState = new LingerOption(enable: true, seconds: 0);
                    return;
            }

            await output.WriteAsync(buffer.AsMemory(0, read), _end.Token);
        }
    }
}
