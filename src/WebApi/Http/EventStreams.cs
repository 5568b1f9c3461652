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

    /// <summary>For nginx, which would keep the events back.</summary>
    public static void SendAtOnce(this HttpResponse response) => response.Headers["X-Accel-Buffering"] = "no";
}
