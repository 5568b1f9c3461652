using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;

namespace Portico.Infrastructure.Nats;

/// <summary>Opens the connection to NATS at the start, logs its state changes, and drains it at shutdown.</summary>
/// <remarks>The process also starts without NATS, and connects when the server is available.</remarks>
internal sealed partial class NatsLifetime(NatsConnection nats, ILogger<NatsLifetime> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private Task _opening = Task.CompletedTask;
    private bool _isAway;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        nats.ConnectionOpened += (_, e) => Handle(() => OnOpened(e.Message));
        nats.ConnectionDisconnected += (_, e) => Handle(() => OnAway($"the connection to {e.Message} was lost"));
        nats.ReconnectFailed += (_, e) => Handle(() => OnAway($"{e.Message} can't be reached"));
        nats.LameDuckModeActivated += (_, e) => Handle(() => LogShutdown(e.Uri.Host));
        nats.SlowConsumerDetected += (_, e) => Handle(() => LogNews(LogLevel.Warning, e.Message));
        nats.ServerError += (_, e) => Handle(() => LogNews(LogLevel.Error, e.Message));
        _opening = nats.OpenAsync(OnAway, _stopping.Token);
        await Task.WhenAny(_opening, Task.Delay(StartTimeout, cancellationToken));
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _opening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await nats.DisposeAsync().AsTask().WaitAsync(DrainTimeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogNews(LogLevel.Warning, "the server did not take the last messages in time");
        }
    }

    public void Dispose() => _stopping.Dispose();

    private static ValueTask Handle(Action handle)
    {
        handle();
        return ValueTask.CompletedTask;
    }

    private void OnOpened(string server)
    {
        _isAway = false;
        LogOpened(server);
    }

    // Logged once per outage.
    private void OnAway(string reason)
    {
        if (!_isAway)
            LogAway(reason);
        _isAway = true;
    }

    [LoggerMessage(1, LogLevel.Warning, "NATS is unavailable; events wait in the outbox until it is back: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(3, LogLevel.Information, "Connected to NATS at {Server}")]
    private partial void LogOpened(string server);

    [LoggerMessage(4, LogLevel.Information, "The NATS server {Server} is about to shut down")]
    private partial void LogShutdown(string server);

    [LoggerMessage(EventId = 2, Message = "NATS: {News}")]
    private partial void LogNews(LogLevel level, string news);
}
