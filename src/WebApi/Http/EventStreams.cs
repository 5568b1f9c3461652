using System.Text;

namespace Portico.WebApi.Http;

/// <summary>Answers that are streams of server-sent events.</summary>
internal static class EventStreams
{
    public const string MediaType = "text/event-stream";

    public static void BeginEventStream(this HttpResponse response)
    {
        response.ContentType = MediaType;
        response.SendAtOnce();
    }

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
