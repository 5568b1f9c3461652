using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Portico.Bench.Dashboard;

/// <summary>A service in this process that answers after 4 ms, apart from the faults that it is told to have.</summary>
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
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var service = new SlowService(builder.Build());
        service._app.Run(service.AnswerAsync);
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

    private async Task AnswerAsync(HttpContext context)
    {
        var part = context.Request.Path.Value![1..];
        // A caller who hangs up is no error here: exceptions would take time from the API on the same processors.
        await Task.Delay(NextDelay(part), context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (context.RequestAborted.IsCancellationRequested)
            return;

        await context.Response.WriteAsJsonAsync(new SlowDto(part, [1, 2, 3, 4, 5, 6, 7, 8]), context.RequestAborted);
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
