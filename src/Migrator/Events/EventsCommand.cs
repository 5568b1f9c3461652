using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Npgsql;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Nats;
using Portico.Infrastructure.Postgres;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Events;

/// <summary><c>events republish</c>: publishes stored events again, to refill a lost stream.</summary>
/// <remarks>Within its duplicate window the stream drops an event that it already has; later, readers recognise it by its id.</remarks>
internal static class EventsCommand
{
    private const int BatchSize = 500;

    public static Command Create(CommandHost host) =>
        new("events", "Published events and dead letters.") { CreateRepublish(host), DeadLettersCommand.Create(host) };

    private static Command CreateRepublish(CommandHost host)
    {
        var from = Instant("--from", "The start of the period, inclusive, such as 2026-11-21T10:00:00Z.");
        from.Required = true;
        var to = Instant("--to", "The end of the period, exclusive; now by default.");
        return host.Create(
            "republish",
            "Publish the events of a period again, with the same ids, in order for each aggregate.",
            [from, to, Durations.ConnectTimeout("PostgreSQL and NATS")],
            (run, cancellationToken) => RunAsync(
                run, run.Arguments.GetValue(from)!.Value, run.Arguments.GetValue(to) ?? DateTimeOffset.UtcNow, cancellationToken));
    }

    private static Option<DateTimeOffset?> Instant(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "INSTANT",
        CustomParser = result => Parse(name, result),
    };

    private static DateTimeOffset? Parse(string name, ArgumentResult result)
    {
        const DateTimeStyles style = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, style, out var instant))
            return instant;
        result.AddError($"{name}: '{result.Tokens[0].Value}' is not a time; write 2026-11-21T10:00:00Z.");
        return null;
    }

    private static async Task<ExitCode> RunAsync(
        CommandRun run, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        if (from >= to)
            throw new MigratorException("--from must be before --to.");
        var source = run.Configuration["Tokens:Issuer"] is { Length: > 0 } issuer
            ? issuer
            : throw new MigratorException(
                "Tokens:Issuer is missing: the public address of the API, which every event names as its source.");
        await using var nats = await NatsServerTarget.OpenAsync(run, cancellationToken);
        await using var connection = await run.OpenAsync(run.Settings.Reader, cancellationToken);

        var publisher = new EventPublisher(nats.JetStream, nats.Events);
        var (published, leftOut) = (0, 0);
        var refused = new HashSet<Guid>();
        await foreach (var batch in ReadAsync(connection, from, to, cancellationToken).Chunk(BatchSize).WithCancellation(cancellationToken))
        {
            // After a refused event nothing of its aggregate is published, because that would be out of order.
            var result = await publisher.Publish(
                [.. batch.Where(message => !refused.Contains(message.AggregateId))], source, cancellationToken);
            published += result.Published.Count;
            run.Report.Set("published", published);
            foreach (var (message, reason) in result.Refused)
            {
                refused.Add(message.AggregateId);
                run.Report.Note($"{message.Id} ({message.Type}) is refused: {reason}");
            }

            if (result.Outage is { } outage)
                throw new MigratorException($"Ended after {published} events: {outage}. Repeating the command does no harm.");
            leftOut += batch.Length - result.Published.Count;
        }

        run.Report.Set("published", published);
        run.Report.Line($"Published {published} events again.");
        return leftOut == 0
            ? ExitCode.Ok
            : throw new MigratorException(
                $"{leftOut} events were left out: the refused ones and the later ones of their aggregates. Raise max_payload of the NATS "
                + "server and repeat the command; it does no harm.");
    }

    /// <summary>
    /// In the order of time, and always in the order of each aggregate, even if the clock was set back. The relay publishes waiting events.
    /// </summary>
    private static async IAsyncEnumerable<OutboxMessage> ReadAsync(
        NpgsqlConnection connection, DateTimeOffset from, DateTimeOffset to,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            {OutboxRows.Select} o
            WHERE occurred_at >= $1 AND occurred_at < $2 AND {OutboxRows.DoesNotWait("o")}
            ORDER BY max(occurred_at) OVER (PARTITION BY aggregate_id ORDER BY aggregate_version), aggregate_version
            """,
            connection)
        { CommandTimeout = 0 }.With(from.ToUniversalTime(), to.ToUniversalTime());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            yield return OutboxRows.Read(reader);
    }
}
