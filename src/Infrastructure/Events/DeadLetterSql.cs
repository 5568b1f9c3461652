namespace Portico.Infrastructure.Events;

/// <summary>The statements of operators about dead letters, for the API and the Migrator.</summary>
/// <remarks>In <see cref="Replay"/> and <see cref="Drop"/> an empty <c>$1</c> means all.</remarks>
public static class DeadLetterSql
{
    /// <summary>All dead letters: id, kind, name, reason, died_at, replay_asked_at.</summary>
    public const string All = """
        SELECT id, 'event' AS kind, handler AS name, reason, died_at, replay_asked_at FROM dead_events
        UNION ALL
        SELECT id, 'message', template, coalesce(reason, ''), done_at, NULL FROM messages WHERE status = 'dead'
        """;

    /// <summary>Asks for a replay and returns the ids; a server executes it within some seconds.</summary>
    public const string Replay = """
        WITH replayed_events AS (
            UPDATE dead_events SET replay_asked_at = coalesce(replay_asked_at, now())
            WHERE cardinality($1) = 0 OR id = ANY ($1) RETURNING id
        ), replayed_messages AS (
            UPDATE messages SET status = 'queued', queued_at = now(), due_at = now(), done_at = NULL
            WHERE status = 'dead' AND (cardinality($1) = 0 OR id = ANY ($1)) RETURNING id
        )
        SELECT id FROM replayed_events UNION ALL SELECT id FROM replayed_messages
        """;

    /// <summary>Deletes dead letters permanently and returns their ids.</summary>
    public const string Drop = """
        WITH dropped_events AS (
            DELETE FROM dead_events WHERE cardinality($1) = 0 OR id = ANY ($1) RETURNING id
        ), dropped_messages AS (
            DELETE FROM messages WHERE status = 'dead' AND (cardinality($1) = 0 OR id = ANY ($1)) RETURNING id
        )
        SELECT id FROM dropped_events UNION ALL SELECT id FROM dropped_messages
        """;
}
