using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Portico.Testing;

namespace Portico.IntegrationTests.Notifications;

/// <summary>A request that the gateway got.</summary>
internal sealed record SmsRequest(string Url, string ContentType, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A gateway for text messages on a real server on loopback.</summary>
internal sealed class SmsGateway : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SmsGateway(WebApplication app) => _app = app;

    public Uri Address => _app.Address();

    public ConcurrentQueue<SmsRequest> Requests { get; } = [];

    public int Status { get; set; } = 200;

    public string Answer { get; set; } = "{}";

    /// <summary>Whether it takes the message and then answers nothing until the caller hangs up.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Whether it takes the message and then cuts the connection.</summary>
    public bool IsCut { get; set; }

    public static async Task<SmsGateway> StartAsync()
    {
        var app = LoopbackApp.Create();
        var gateway = new SmsGateway(app);
        app.Run(gateway.TakeAsync);
        await app.StartAsync();
        return gateway;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        Requests.Enqueue(new SmsRequest(
            $"{context.Request.Path}{context.Request.QueryString}",
            context.Request.ContentType ?? "",
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync()));
        if (IsCut)
        {
            context.Abort();
            return;
        }

        if (IsSilent)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        context.Response.StatusCode = Status;
        if (Status is >= 300 and < 400)
            context.Response.Headers.Location = "/elsewhere";
        await context.Response.WriteAsync(Answer);
    }
}
