using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Http;

/// <summary>The durations of a shutdown.</summary>
internal sealed class ShutdownSettings : ISettings
{
    public static string Section => "Shutdown";

    /// <summary>How long the process accepts new requests after it is unready, so that load balancers notice.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long running requests may take after this delay.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>Whether this process is shutting down and should get no new clients.</summary>
internal sealed class Draining(IHostApplicationLifetime lifetime)
{
    public bool HasBegun => lifetime.ApplicationStopping.IsCancellationRequested;
}

/// <summary>Keeps the listeners open for a delay after the process has become unready.</summary>
internal sealed partial class DrainBeforeStop(ShutdownSettings settings, IHostApplicationLifetime lifetime, ILogger<DrainBeforeStop> logger)
    : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // When code stops the host, this is called first.
        lifetime.StopApplication();
        LogDraining(settings.DrainDelay);
        await Task.Delay(settings.DrainDelay, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Information, "Unready from now on; the listeners close after {DrainDelay}.")]
    private partial void LogDraining(TimeSpan drainDelay);
}
