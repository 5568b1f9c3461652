using Npgsql;
using Portico.Domain.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>An event that a handler could not handle, and that an operator replays.</summary>
internal sealed record DeadLetter(Guid Id, string Handler, byte[] Envelope);

/// <summary>The dead letters in the table <c>dead_events</c>: each event with the handler that could not handle it.</summary>
internal sealed class DeadLetters(NpgsqlDataSource database, TimeProvider clock)
{
    private const int MaxReason = 500;

    /// <summary>Adds an event; the same event is added only once for the same handler.</summary>
    public Task Add(string handler, ReadOnlyMemory<byte> envelope, string reason, CancellationToken cancellationToken) =>
        database.CreateCommand("INSERT INTO dead_events (id, handler, envelope, reason) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .With(Ids.New(clock.GetUtcNow()), handler, envelope.ToArray(), ColumnText.Fit(reason, MaxReason))
            .Execute(cancellationToken);

    /// <summary>Handles one event that an operator replays, and deletes it after success; its row is locked meanwhile.</summary>
    /// <returns>Whether there was an event to replay.</returns>
    public async Task<bool> Replay(Func<DeadLetter, CancellationToken, Task> handle, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var dead = await new NpgsqlCommand(
            """
            SELECT id, handler, envelope FROM dead_events WHERE replay_asked_at IS NOT NULL
            ORDER BY replay_asked_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
            """,
            connection)
            .ReadFirst(row => new DeadLetter(row.GetGuid(0), row.GetString(1), row.GetFieldValue<byte[]>(2)), cancellationToken);
        if (dead is null)
            return false;

        // A crash after the effect and before this commit causes another replay, which the inbox recognises.
        string? failure = null;
        try
        {
            await handle(dead, cancellationToken);
        }
        catch (Exception thrown) when (!cancellationToken.IsCancellationRequested && !DatabaseOutage.Is(thrown))
        {
            failure = ColumnText.Fit(thrown.Message, MaxReason);
        }

        var end = failure is null
            ? new NpgsqlCommand("DELETE FROM dead_events WHERE id = $1", connection).With(dead.Id)
            : new NpgsqlCommand("UPDATE dead_events SET replay_asked_at = NULL, reason = $2 WHERE id = $1", connection)
                .With(dead.Id, failure);
        await end.Execute(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Counts the dead letters.</summary>
    /// <returns>How many there are, and how many of them an operator replays.</returns>
    public Task<(long All, long Replayed)> Count(CancellationToken cancellationToken) =>
        database.CreateCommand("SELECT count(*), count(replay_asked_at) FROM dead_events")
            .ReadFirst(row => (row.GetInt64(0), row.GetInt64(1)), cancellationToken);
}
