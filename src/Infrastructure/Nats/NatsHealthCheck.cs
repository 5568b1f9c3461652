using Microsoft.Extensions.Diagnostics.HealthChecks;
using NATS.Client.Core;

namespace Portico.Infrastructure.Nats;

/// <summary>Checks that the connection to NATS is open and the server answers.</summary>
internal sealed class NatsHealthCheck(NatsConnection nats) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (nats.ConnectionState != NatsConnectionState.Open)
            return new HealthCheckResult(context.Registration.FailureStatus, "There is no connection to NATS.");
        await nats.PingAsync(cancellationToken).AsTask().WaitAsync(cancellationToken);
        return HealthCheckResult.Healthy();
    }
}
