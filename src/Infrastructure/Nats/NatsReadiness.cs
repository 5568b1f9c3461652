using NATS.Client.Core;
using Portico.Application.Common.Health;

namespace Portico.Infrastructure.Nats;

/// <summary>The connection that events leave by is there, and the server answers.</summary>
internal sealed class NatsReadiness(NatsConnection nats) : IReadinessCheck
{
    public string Name => "nats";

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (nats.ConnectionState != NatsConnectionState.Open)
            throw new NatsConnectionFailedException("There is no connection to NATS.");
        await nats.PingAsync(cancellationToken).AsTask().WaitAsync(cancellationToken);
    }
}
