using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Portico.Infrastructure.Events;

namespace Portico.Infrastructure.Observability;

/// <summary>What the clients of PostgreSQL, Redis and NATS tell of themselves, and the spans of event handlers.</summary>
/// <remarks>
/// A span of PostgreSQL has the text of its statement, never a parameter. No part of this runs without a provider: without a
/// collector no span is made.
/// </remarks>
public static class DriverInstrumentation
{
    public static MeterProviderBuilder AddDriverInstrumentation(this MeterProviderBuilder metrics) => metrics.AddNpgsqlInstrumentation();

    public static TracerProviderBuilder AddDriverInstrumentation(this TracerProviderBuilder traces) =>
        traces.AddSource(EventReceiver.ActivitySourceName).AddNpgsql();
}
