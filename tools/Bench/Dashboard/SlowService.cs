using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Portico.Bench.Dashboard;

/// <summary>A service in this process that answers after 4 ms, apart from the faults that it is told to have.</summary>
/// <remarks>
/// It knows only as much of HTTP/1.1 as it needs: a whole web server for each call would take as much of the shared processors as the page
/// that is measured.
/// </remarks>
internal sealed class SlowService : IAsyncDisposable
{
    /// <summary>
    /// The variable of the runtime that lets the thread which waits for sockets also run what waits for them: otherwise each call wakes
    /// more threads on the processors that the API needs. It holds when it is set before the first socket is opened.
    /// </summary>
    public const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    private const int Seed = 27;
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(200);

    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopped = new();
    private readonly ConcurrentDictionary<string, byte[]> _answers = new(StringComparer.Ordinal);
    // Each has one delay, so its calls end in the order in which they came.
    private readonly Queue<Call> _usualCalls = [];
    private readonly Queue<Call> _slowCalls = [];
    private readonly Lock _lock = new();
    private Task _ends = Task.CompletedTask;
    private Random _random = new(Seed);
    private double _slowShare;
    private string? _hung;
    private int _calls;

    private SlowService(WebApplication app) => _app = app;

    /// <summary>How many calls there were since the last <see cref="Begin"/>.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>What an API needs to call it.</summary>
    public Dictionary<string, string> Settings => new(StringComparer.Ordinal)
    {
        [SlowParts.AddressVariable] = _app.Urls.First(),
        ["Downstreams__MaxConcurrent"] = "1000",
        ["Tokens__AccessTokenLifetime"] = "01:00:00",
    };

    public static async Task<SlowService> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        SlowService? service = null;
        // As far as Kestrel adds threads of its own, for the same reason as InlineCompletions.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.ConfigureKestrel(server => server.Listen(
            IPAddress.Loopback, port: 0, listener => listener.Use(_ => connection => service!.ServeAsync(connection))));
        service = new SlowService(builder.Build());
        await service._app.StartAsync();
        service._ends = service.EndCallsAsync();
        return service;
    }

    /// <summary>Counts calls from here, with these faults: the same ones after each such call.</summary>
    /// <param name="slowShare">The share of answers that take 200 ms.</param>
    /// <param name="hung">The part that is never answered.</param>
    public void Begin(double slowShare = 0, string? hung = null)
    {
        lock (_lock)
            (_random, _slowShare, _hung, _calls) = (new Random(Seed), slowShare, hung, 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await _ends;
        _stopped.Dispose();
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(ConnectionContext connection)
    {
        var call = Call.Ended;
        // A caller who hangs up is no error here: exceptions would take time from the API on the same processors.
        await using var hangUp = connection.ConnectionClosed.Register(() => Volatile.Read(ref call).End());
        var input = connection.Transport.Input;
        for (; ; )
        {
            var read = await input.ReadAsync();
            if (TakeRequest(read.Buffer, out var part) is { } end)
            {
                input.AdvanceTo(end);
                Volatile.Write(ref call, Begin(part));
                if (connection.ConnectionClosed.IsCancellationRequested)
                    return;
                await call.Task;
                if (connection.ConnectionClosed.IsCancellationRequested)
                    return;
                await connection.Transport.Output.WriteAsync(_answers.GetOrAdd(part, Answer));
            }
            else if (read.IsCompleted)
            {
                return;
            }
            else
            {
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
    }

    private Call Begin(string part)
    {
        lock (_lock)
        {
            _calls++;
            var call = new Call(Stopwatch.GetTimestamp());
            if (part != _hung)
                (_random.NextDouble() < _slowShare ? _slowCalls : _usualCalls).Enqueue(call);
            return call;
        }
    }

    /// <summary>Ends calls each millisecond: a timer for each of them would be more work than its answer.</summary>
    private async Task EndCallsAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(_stopped.Token))
            {
                EndCalls(_usualCalls, Usual);
                EndCalls(_slowCalls, Slow);
            }
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
        }
    }

    private void EndCalls(Queue<Call> calls, TimeSpan delay)
    {
        for (; ; )
        {
            Call? call;
            lock (_lock)
            {
                if (!calls.TryPeek(out call) || Stopwatch.GetElapsedTime(call.BeganAt) < delay)
                    return;
                calls.Dequeue();
            }

            call.End();
        }
    }

    /// <summary>Finds the end of a GET and the part that it asks for.</summary>
    private static SequencePosition? TakeRequest(ReadOnlySequence<byte> bytes, out string part)
    {
        part = "";
        var reader = new SequenceReader<byte>(bytes);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> head, "\r\n\r\n"u8))
            return null;

        var line = new SequenceReader<byte>(head);
        if (!line.TryReadTo(out ReadOnlySequence<byte> _, (byte)'/') || !line.TryReadTo(out ReadOnlySequence<byte> path, (byte)' '))
            throw new InvalidDataException($"This is no request for a part: {Encoding.ASCII.GetString(head)}");
        part = Encoding.ASCII.GetString(path);
        return reader.Position;
    }

    private static byte[] Answer(string part)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new SlowDto(part, [1, 2, 3, 4, 5, 6, 7, 8]), JsonSerializerOptions.Web);
        return
        [
            .. Encoding.ASCII.GetBytes(
                $"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {body.Length}\r\n\r\n"),
            .. body,
        ];
    }

    /// <summary>A call that waits for its answer.</summary>
    private sealed class Call(long beganAt)
    {
        private readonly TaskCompletionSource _end = new();

        public long BeganAt { get; } = beganAt;

        public Task Task => _end.Task;

        public static Call Ended { get; } = new(0);

        public void End() => _end.TrySetResult();
    }
}
