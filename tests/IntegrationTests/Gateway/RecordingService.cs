using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Portico.Testing;

namespace Portico.IntegrationTests.Gateway;

/// <summary>A request as it arrived at the service.</summary>
internal sealed record Arrival(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>A service of another team: Kestrel, with the JWT handler of the framework as its only tie to Portico.</summary>
internal sealed class RecordingService : IAsyncDisposable
{
    public const string Audience = "reports";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> _handlers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Arrival>> _arrivals = new(StringComparer.Ordinal);
    private int _paths;

    private RecordingService(WebApplication app) => _app = app;

    public Uri Address => _app.Address();

    /// <summary>How many requests have arrived.</summary>
    public int Count => _arrivals.Values.Sum(queue => queue.Count);

    public static async Task<RecordingService> StartAsync(string issuer)
    {
        var app = LoopbackApp.Create(builder =>
        {
            builder.Services.Configure<KestrelServerOptions>(server => server.AllowResponseHeaderCompression = true);
            builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(jwt =>
            {
                jwt.Authority = issuer;
                jwt.Audience = Audience;
                jwt.RequireHttpsMetadata = false;
                jwt.MapInboundClaims = false;
                jwt.TokenValidationParameters.ValidTypes = ["at+jwt"];
            });
        });
        var service = new RecordingService(app);
        app.Run(service.Serve);
        await app.StartAsync();
        return service;
    }

    /// <summary>Answers at a path of the test's own.</summary>
    public string On(Func<HttpContext, Task> answer)
    {
        var path = $"/p{Interlocked.Increment(ref _paths)}";
        _handlers[path] = answer;
        return path;
    }

    /// <summary>The requests to a path, its parameters included.</summary>
    public Arrival[] At(string path) => _arrivals.TryGetValue(path, out var queue) ? [.. queue] : [];

    /// <summary>Who the caller is, as the JWT handler says; null when it accepts no token.</summary>
    public static async Task<string?> Caller(HttpContext context) =>
        (await context.AuthenticateAsync()).Principal?.FindFirst("sub")?.Value;

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task Serve(HttpContext context)
    {
        using var body = new StreamReader(context.Request.Body, Encoding.UTF8);
        var arrival = new Arrival(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers.ToDictionary(
                header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await body.ReadToEndAsync());
        var path = context.Request.Path.Value!;
        _arrivals.GetOrAdd(path, _ => new ConcurrentQueue<Arrival>()).Enqueue(arrival);
        await (_handlers.TryGetValue(path, out var answer) ? answer(context) : context.Response.WriteAsJsonAsync(new { path }));
    }
}
