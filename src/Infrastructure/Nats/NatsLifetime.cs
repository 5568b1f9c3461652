using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portico.Nats;

namespace Portico.Infrastructure.Nats;

/// <summary>Opens the process's connection to NATS at the start, says what becomes of it, and drains it at the end.</summary>
/// <remarks>It starts without NATS too; the connection comes when the server does.</remarks>
internal sealed partial class NatsLifetime(NatsConnection nats, ILogger<NatsLifetime> logger) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private bool _isAway;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        nats.ConnectionOpened += OnOpened;
        nats.ConnectionDisconnected += OnLost;
        nats.ReconnectFailed += OnFailed;
        nats.LameDuckModeActivated += (_, e) => Log(() => LogNews(LogLevel.Information, e.Message));
        nats.SlowConsumerDetected += (_, e) => Log(() => LogNews(LogLevel.Warning, e.Message));
        nats.ServerError += (_, e) => Log(() => LogNews(LogLevel.Error, e.Message));
        await Task.WhenAny(nats.ConnectAsync().AsTask(), Task.Delay(Patience, cancellationToken));
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await nats.DrainAsync(cancellationToken);

    private static ValueTask Log(Action write)
    {
        write();
        return ValueTask.CompletedTask;
    }

    private ValueTask OnOpened(object? sender, NatsEventArgs e) => Log(() =>
    {
        _isAway = false;
        LogNews(LogLevel.Information, e.Message);
    });

    private ValueTask OnLost(object? sender, NatsEventArgs e) => Log(() =>
    {
        _isAway = true;
        LogAway(e.Message);
    });

    // Said once, however often it is tried.
    private ValueTask OnFailed(object? sender, NatsEventArgs e) => Log(() =>
    {
        if (!_isAway)
            LogAway(e.Message);
        _isAway = true;
    });

    [LoggerMessage(1, LogLevel.Warning, "NATS is away; events wait in the outbox until it is back: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(EventId = 2, Message = "NATS: {News}")]
    private partial void LogNews(LogLevel level, string news);
}
