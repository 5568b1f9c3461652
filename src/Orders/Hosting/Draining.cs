using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Portico.Orders.Hosting;

/// <summary>Is unhealthy while this process shuts down, so that it gets no new clients.</summary>
internal sealed class DrainingHealthCheck(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested
            ? HealthCheckResult.Unhealthy("The service stops.")
            : HealthCheckResult.Healthy());
}

/// <summary>Keeps the listeners open for a delay after the process has become unhealthy.</summary>
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

    [LoggerMessage(1, LogLevel.Information, "Unhealthy from now on; the listeners close after {DrainDelay}.")]
    private partial void LogDraining(TimeSpan drainDelay);
}
