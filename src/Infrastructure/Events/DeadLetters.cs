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
    public async Task Add(string handler, ReadOnlyMemory<byte> envelope, string reason, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "INSERT INTO dead_events (id, handler, envelope, reason) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .With(Ids.New(clock.GetUtcNow()), handler, envelope.ToArray(), ColumnText.Fit(reason, MaxReason));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Handles one event that an operator replays, and deletes it after success; its row is locked meanwhile.</summary>
    /// <returns>Whether there was an event to replay.</returns>
    public async Task<bool> Replay(Func<DeadLetter, CancellationToken, Task> handle, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        DeadLetter dead;
        await using (var command = new NpgsqlCommand(
            """
            SELECT id, handler, envelope FROM dead_events WHERE replay_asked_at IS NOT NULL
            ORDER BY replay_asked_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
            """,
            connection))
        {
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            if (!await row.ReadAsync(cancellationToken))
                return false;
            dead = new DeadLetter(row.GetGuid(0), row.GetString(1), row.GetFieldValue<byte[]>(2));
        }

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

        await using var end = new NpgsqlCommand(
            failure is null
                ? "DELETE FROM dead_events WHERE id = $1"
                : "UPDATE dead_events SET replay_asked_at = NULL, reason = $2 WHERE id = $1",
            connection).With(dead.Id);
        if (failure is not null)
            end.With(failure);
        await end.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Counts the dead letters.</summary>
    /// <returns>How many there are, and how many of them an operator replays.</returns>
    public async Task<(long All, long Replayed)> Count(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT count(*), count(replay_asked_at) FROM dead_events");
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetInt64(0), row.GetInt64(1));
    }
}
