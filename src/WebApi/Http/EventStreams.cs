using System.Text;
using Microsoft.AspNetCore.Mvc;

namespace Portico.WebApi.Http;

/// <summary>Answers that are streams of server-sent events.</summary>
internal static class EventStreams
{
    public const string MediaType = "text/event-stream";

    /// <summary>Sets the header fields of an event stream.</summary>
    /// <returns>Whether events follow: the answer to HEAD ends here, and its connection is free for the next request.</returns>
    public static bool BeginEventStream(this HttpResponse response)
    {
        response.ContentType = MediaType;
        response.SendAtOnce();
        return !response.HttpContext.IsHead();
    }

    /// <summary>Whether the request came as HEAD.</summary>
    public static bool IsHead(this HttpContext context) => context.Features.Get<HeadRequest>() is not null;

    /// <summary>Sends a part of an event stream, and restarts the timeout of the request.</summary>
    public static async Task SendEvent(this HttpContext http, string text, CancellationToken cancellationToken)
    {
        RequestDeadline.Restart(http);
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        await http.Response.Body.FlushAsync(cancellationToken);
    }

    /// <summary>For nginx, which would keep the events back.</summary>
    public static void SendAtOnce(this HttpResponse response) => response.Headers["X-Accel-Buffering"] = "no";
}

/// <summary>An answer that is an event stream, which has one of a limited number of places.</summary>
internal abstract class EventStreamResult<TPlace> : ActionResult
    where TPlace : class, IDisposable
{
    /// <summary>The longest time without an event, and the time until a client without a place asks again.</summary>
    protected static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    public sealed override async Task ExecuteResultAsync(ActionContext context)
    {
        var http = context.HttpContext;
        using var place = TryOpen(http.RequestServices);
        if (place is null)
        {
            await http.Refuse(HttpErrors.TooManyStreams with { RetryAfter = LongestPause });
            return;
        }

        using var gone = CancellationTokenSource.CreateLinkedTokenSource(
            http.RequestAborted, http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        if (!http.Response.BeginEventStream())
            return;
        try
        {
            await Stream(http, place, gone.Token);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            // This process stops; the browser connects to another one.
        }
    }

    /// <returns><c>null</c> when there are too many streams.</returns>
    protected abstract TPlace? TryOpen(IServiceProvider services);

    /// <summary>Sends events until the stream ends.</summary>
    /// <param name="http">The request.</param>
    /// <param name="place">The place of this stream.</param>
    /// <param name="gone">Cancelled when the client has gone, or this process stops.</param>
    protected abstract Task Stream(HttpContext http, TPlace place, CancellationToken gone);
}

/// <summary>Marks a HEAD request, whose method is GET behind the beginning of the pipeline.</summary>
internal sealed record HeadRequest;
