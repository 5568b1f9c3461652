using Microsoft.Extensions.Options;
using NATS.Client.Core;
using NATS.Client.JetStream;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Nats;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Events;

/// <summary>A connection to NATS for one command.</summary>
internal sealed class NatsServerTarget : IAsyncDisposable
{
    // No caller waits for an answer here, and a busy server may need long to create a stream.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private readonly NatsConnection _connection;

    private NatsServerTarget(NatsConnection connection, EventSettings events)
    {
        (_connection, Events) = (connection, events);
        JetStream = new NatsJSContext(connection, new NatsJSOpts(connection.Opts, requestTimeout: AnswerTimeout));
    }

    public EventSettings Events { get; }

    public INatsJSContext JetStream { get; }

    /// <exception cref="OptionsValidationException">A setting is wrong.</exception>
    /// <exception cref="MigratorException">NATS did not answer in time.</exception>
    public static async Task<NatsServerTarget> OpenAsync(CommandRun run, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var settings = run.Configuration.ReadSettings<NatsSettings>();
        var events = run.Configuration.ReadSettings<EventSettings>();
        var connection = settings.CreateConnection("portico-migrator");
        var reason = "There is no answer.";
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            await connection.OpenAsync(failure => reason = failure, deadline.Token);
            return new NatsServerTarget(connection, events);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            await connection.DisposeAsync();
            throw new MigratorException(ExitCode.Error, $"NATS did not answer within {Durations.Describe(timeout)}. {reason}", late);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
