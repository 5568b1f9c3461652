using Microsoft.Extensions.Diagnostics.HealthChecks;
using Portico.WebApi.Http;

namespace Portico.Orders.Hosting;

/// <summary>Is unhealthy while this process shuts down, so that it gets no new clients.</summary>
internal sealed class DrainingHealthCheck(Draining draining) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(draining.HasBegun ? HealthCheckResult.Unhealthy("The service stops.") : HealthCheckResult.Healthy());
}
