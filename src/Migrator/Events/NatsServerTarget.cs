using Microsoft.Extensions.Options;
using NATS.Client.Core;
using NATS.Client.JetStream;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Nats;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Events;

/// <summary>A connection to NATS for one command.</summary>
internal sealed class NatsServerTarget(NatsConnection connection, EventSettings events) : IAsyncDisposable
{
    // No caller waits for an answer here, and a busy server may need long to create a stream.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    public EventSettings Events => events;

    public INatsJSContext JetStream { get; } =
        new NatsJSContext(connection, new NatsJSOpts(connection.Opts, requestTimeout: AnswerTimeout));

    /// <exception cref="OptionsValidationException">A setting is wrong.</exception>
    /// <exception cref="MigratorException">NATS did not answer in time.</exception>
    public static async Task<NatsServerTarget> OpenAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var settings = run.Configuration.ReadSettings<NatsSettings>();
        var events = run.Configuration.ReadSettings<EventSettings>();
        var connection = settings.CreateConnection("portico-migrator");
        var reason = "There is no answer.";
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(run.ConnectTimeout);
        try
        {
            await connection.OpenAsync(failure => reason = failure, deadline.Token);
            return new NatsServerTarget(connection, events);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            await connection.DisposeAsync();
            throw new MigratorException($"NATS did not answer within {Durations.Describe(run.ConnectTimeout)}. {reason}", late);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
