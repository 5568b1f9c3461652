using Microsoft.Extensions.Configuration;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Nats;
using Portico.Migrator.Commands;
using Portico.Nats;
using Portico.Nats.JetStream;

namespace Portico.Migrator.Events;

/// <summary>A connection to NATS for one command.</summary>
internal sealed class NatsServerTarget : IAsyncDisposable
{
    private readonly NatsConnection _connection;

    private NatsServerTarget(NatsConnection connection, EventSettings events) =>
        (_connection, Events, JetStream) = (connection, events, new NatsJSContext(connection));

    public EventSettings Events { get; }

    public INatsJSContext JetStream { get; }

    /// <exception cref="MigratorException">A setting is wrong, or NATS is not there in time.</exception>
    public static async Task<NatsServerTarget> OpenAsync(CommandRun run, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var settings = Read<NatsSettings>(run.Configuration);
        var events = Read<EventSettings>(run.Configuration);
        var connection = new NatsConnection(settings.Options("portico-migrator"));
        try
        {
            await connection.ConnectAsync().AsTask().WaitAsync(timeout, cancellationToken);
            return new NatsServerTarget(connection, events);
        }
        catch (TimeoutException late)
        {
            await connection.DisposeAsync();
            throw new MigratorException(ExitCode.Error, $"NATS did not answer within {Durations.Describe(timeout)}.", late);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static TSettings Read<TSettings>(IConfiguration configuration)
        where TSettings : class, ISettings, new()
    {
        var settings = configuration.GetSection(TSettings.Section).Get<TSettings>() ?? new TSettings();
        return settings.Problems().ToArray() is { Length: > 0 } problems ? throw new MigratorException(string.Join(Environment.NewLine, problems)) : settings;
    }
}
