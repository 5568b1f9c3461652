using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Portico.Application.Operation;
using Portico.WebApi.Http;

namespace Portico.WebApi.Observability;

/// <summary>Streams the live numbers: the first ones at once, then the next ones every 2 s.</summary>
/// <remarks>
/// The stream ends when the access token ends, by time, sign-out or a new role; the browser connects again by itself, and is checked again.
/// </remarks>
internal sealed class OverviewEventsResult(OverviewDto first) : EventStreamResult<IDisposable>
{
    protected override IDisposable? TryOpen(IServiceProvider services) => services.GetRequiredService<OverviewStreams>().TryOpen();

    protected override async Task Stream(HttpContext http, IDisposable place, CancellationToken gone)
    {
        await Send(http, first, gone);
        var services = http.RequestServices;
        var numbers = services.GetRequiredService<ILiveNumbers>();
        var check = services.GetRequiredService<AccessTokenCheck>();
        var caller = http.Features.GetRequiredFeature<AuthenticatedCaller>();
        using var timer = new PeriodicTimer(LiveNumbers.Interval, services.GetRequiredService<TimeProvider>());
        while (await timer.WaitForNextTickAsync(gone) && (await check.Judge(caller.AccessToken, gone)).Claims is not null)
            await Send(http, await numbers.Read(gone), gone);
    }

    private static Task Send(HttpContext http, OverviewDto numbers, CancellationToken cancellationToken) =>
        http.SendEvent($"retry: 2000\nevent: overview\ndata: {JsonSerializer.Serialize(numbers, ApiJson.Options)}\n\n", cancellationToken);
}

/// <summary>The open streams of live numbers: at most 100 in a process. Thread-safe.</summary>
internal sealed class OverviewStreams
{
    public const int MaxStreams = 100;

    private int _open;

    /// <summary>Opens a stream; <c>null</c> when there are too many.</summary>
    public IDisposable? TryOpen()
    {
        if (Interlocked.Increment(ref _open) <= MaxStreams)
            return new Place(this);

        Interlocked.Decrement(ref _open);
        return null;
    }

    private sealed class Place(OverviewStreams streams) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref streams._open);
    }
}
