using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Portico.Application.Operation;
using Portico.WebApi.Http;

namespace Portico.WebApi.Observability;

/// <summary>Streams the live numbers: the first ones at once, then the next ones every 2 s.</summary>
/// <remarks>
/// The stream ends when the access token ends, by time, sign-out or a new role; the browser connects again by itself, and is checked again.
/// </remarks>
internal sealed class OverviewEventsResult(OverviewDto first) : ActionResult
{
    public override async Task ExecuteResultAsync(ActionContext context)
    {
        var http = context.HttpContext;
        var services = http.RequestServices;
        using var stream = services.GetRequiredService<OverviewStreams>().TryOpen();
        if (stream is null)
        {
            await http.Refuse(HttpErrors.TooManyStreams with { RetryAfter = OverviewStreams.RetryAfter });
            return;
        }

        using var gone = CancellationTokenSource.CreateLinkedTokenSource(
            http.RequestAborted, services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        if (!http.Response.BeginEventStream())
            return;
        try
        {
            await Send(http, first, gone.Token);
            await Stream(http, gone.Token);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            // This process stops; the browser connects to another one.
        }
    }

    private static async Task Stream(HttpContext http, CancellationToken gone)
    {
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

    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(15);

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
