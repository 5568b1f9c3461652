using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Portico.Infrastructure.Events;

namespace Portico.Infrastructure.Observability;

/// <summary>The metrics and traces of the PostgreSQL driver, and the spans of event handlers.</summary>
/// <remarks>
/// A PostgreSQL span contains the text of its statement, never a parameter. Without a collector no span is created.
/// </remarks>
public static class DriverInstrumentation
{
    public static MeterProviderBuilder AddDriverInstrumentation(this MeterProviderBuilder metrics) => metrics.AddNpgsqlInstrumentation();

    public static TracerProviderBuilder AddDriverInstrumentation(this TracerProviderBuilder traces) =>
        traces.AddSource(EventReceiver.ActivitySourceName).AddNpgsql();
}
