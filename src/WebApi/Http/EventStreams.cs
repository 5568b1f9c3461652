using System.Text;

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

/// <summary>Marks a HEAD request, whose method is GET behind the beginning of the pipeline.</summary>
internal sealed record HeadRequest;
