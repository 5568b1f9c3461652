using System.Buffers;
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
    private const int Seed = 27;
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(200);

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
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
        builder.WebHost.ConfigureKestrel(server => server.Listen(
            IPAddress.Loopback, port: 0, listener => listener.Use(_ => connection => service!.ServeAsync(connection))));
        service = new SlowService(builder.Build());
        await service._app.StartAsync();
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

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ServeAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        for (; ; )
        {
            var read = await input.ReadAsync();
            if (TakeRequest(read.Buffer, out var part) is { } end)
            {
                input.AdvanceTo(end);
                // A caller who hangs up is no error here: exceptions would take time from the API on the same processors.
                await Task.Delay(NextDelay(part), connection.ConnectionClosed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (connection.ConnectionClosed.IsCancellationRequested)
                    return;
                await connection.Transport.Output.WriteAsync(Answer(part));
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

    private TimeSpan NextDelay(string part)
    {
        lock (_lock)
        {
            _calls++;
            return part == _hung ? Timeout.InfiniteTimeSpan : _random.NextDouble() < _slowShare ? Slow : Usual;
        }
    }
}
