using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portico.IntegrationTests.Faults;

/// <summary>Where a group of instructions is, on its way to PostgreSQL and back.</summary>
public enum WriteStep
{
    /// <summary>Its statements have left the process; the server has not seen them.</summary>
    BeforeBegin,

    /// <summary>The accounts are locked and read; the process does not know it yet. Remembered accounts are not read.</summary>
    AfterLocks,

    /// <summary>All is decided, and the rows have left the process after a read; the server has not seen them.</summary>
    BeforeRows,

    /// <summary>The server has committed; the process does not know it yet.</summary>
    AfterCommit,
}

/// <summary>Stands between the web API and PostgreSQL, and lets a fault happen at an exact step of the ledger's write path.</summary>
/// <remarks>
/// It reads the messages of the server (protocol 3.0): ReadyForQuery ends a round trip and says whether a transaction is open.
/// </remarks>
internal sealed class PostgresProxy : IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;
    private const int HeaderLength = 5;

    // What only the ledger's connections ask for when they start.
    private static readonly byte[] LedgerMark = Encoding.ASCII.GetBytes("plan_cache_mode=force_generic_plan");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _server;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _accepting;
    private Fault? _fault;

    public PostgresProxy(int server)
    {
        _server = server;
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>
    /// Lets a fault happen once, when a ledger's connection that is idle now comes to a step; then the connection is cut.
    /// </summary>
    /// <returns>Ends when it has happened.</returns>
    public Task Arm(WriteStep step, Func<Task> happen)
    {
        var fault = new Fault(step, happen);
        _fault = fault;
        return fault.Happened.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ending.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
                _ = Serve(await _listener.AcceptTcpClientAsync(_ending.Token));
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task Serve(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _server, _ending.Token);
                client.NoDelay = server.NoDelay = true;
                var connection = new Connection(this);
                await Task.WhenAny(
                    Pump(client.GetStream(), server.GetStream(), connection.Asked),
                    Pump(server.GetStream(), client.GetStream(), connection.Answered));
            }
            catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException)
            {
                // One of the two has gone; the other one finds out.
            }
        }
    }

    /// <summary>Passes on what one side says, until it is done or a fault happens.</summary>
    private async Task Pump(NetworkStream from, NetworkStream to, Func<ReadOnlyMemory<byte>, Task<bool>> passes)
    {
        var buffer = new byte[BufferSize];
        while (await from.ReadAsync(buffer, _ending.Token) is > 0 and var count)
        {
            if (!await passes(buffer.AsMemory(0, count)))
                return;
            await to.WriteAsync(buffer.AsMemory(0, count), _ending.Token);
        }
    }

    private sealed record Fault(WriteStep Step, Func<Task> Happen)
    {
        public TaskCompletionSource Happened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Connection(PostgresProxy proxy)
    {
        private readonly List<byte> _rest = [];
        private bool? _isLedger;
        private volatile char _status;

        public Task<bool> Asked(ReadOnlyMemory<byte> bytes)
        {
            _isLedger ??= bytes.Span.IndexOf(LedgerMark) >= 0;
            return _status switch
            {
                'I' => Pass(WriteStep.BeforeBegin),
                'T' => Pass(WriteStep.BeforeRows),
                _ => Task.FromResult(true),
            };
        }

        public async Task<bool> Answered(ReadOnlyMemory<byte> bytes)
        {
            if (_isLedger is not true)
                return true;

            foreach (var status in Statuses(bytes.Span))
            {
                var before = _status;
                // Seen by the process only after this, so it asks for nothing more before.
                _status = status;
                if (status == 'T' && !await Pass(WriteStep.AfterLocks))
                    return false;
                // From idle to idle is a transaction that read nothing before.
                if (before is 'T' or 'I' && status == 'I' && !await Pass(WriteStep.AfterCommit))
                    return false;
            }

            return true;
        }

        private async Task<bool> Pass(WriteStep step)
        {
            if (_isLedger is not true
                || proxy._fault is not { } fault
                || fault.Step != step
                || Interlocked.CompareExchange(ref proxy._fault, null, fault) != fault)
                return true;

            await fault.Happen();
            fault.Happened.SetResult();
            return false;
        }

        /// <summary>The states of all ReadyForQuery messages that are complete now.</summary>
        private List<char> Statuses(ReadOnlySpan<byte> bytes)
        {
            _rest.AddRange(bytes);
            var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rest);
            List<char> found = [];
            var at = 0;
            while (all.Length - at >= HeaderLength)
            {
                // The length counts itself, and not the type before it.
                var next = at + 1 + System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(all[(at + 1)..]);
                if (next > all.Length)
                    break;
                if (all[at] == 'Z')
                    found.Add((char)all[at + HeaderLength]);
                at = next;
            }

            _rest.RemoveRange(0, at);
            return found;
        }
    }
}
