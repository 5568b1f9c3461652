using Microsoft.Extensions.DependencyInjection;
using NATS.Client.OpenTelemetry;
using Npgsql;
using OpenTelemetry.Instrumentation.StackExchangeRedis;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Redis;

namespace Portico.Infrastructure.Observability;

/// <summary>The metrics and traces of the PostgreSQL driver, and the spans of event handlers.</summary>
/// <remarks>A PostgreSQL span contains the text of its statement, never a parameter. Without a collector no span is created.</remarks>
public static class DriverInstrumentation
{
    public static MeterProviderBuilder AddDriverInstrumentation(this MeterProviderBuilder metrics) => metrics.AddNpgsqlInstrumentation();

    public static TracerProviderBuilder AddDriverInstrumentation(this TracerProviderBuilder traces) => traces
        .AddSource(EventReceiver.ActivitySourceName)
        .AddNpgsql()
        .AddNatsClientInstrumentation(nats => nats.FilterSubjects([], ["_INBOX.>", "$JS.>"]))
        .AddRedisInstrumentation(redis => redis.SetVerboseDatabaseStatements = false)
        .ConfigureRedisInstrumentation((services, redis) => _ = Add(services.GetRequiredService<RedisConnection>(), redis));

    // The connection is made in the background, and waits for a Redis that comes later.
    private static async Task Add(RedisConnection connection, StackExchangeRedisInstrumentation redis) =>
        redis.AddConnection(await connection.Multiplexer());
}
