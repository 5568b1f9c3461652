using Npgsql;

namespace Portico.Infrastructure.Events;

/// <summary>Events that nobody else publishes as long as this transaction is open.</summary>
internal sealed class OutboxBatch : IAsyncDisposable
{
    // Each row is looked up by its key, whatever the planner believes how many wait: hence the limits. The predecessor is, too, and only
    // where there can be one. A claim of somebody else's is seen as waiting until it is committed, so that nothing overtakes what is
    // under way there.
    private const string ClaimSql =
        """
        SELECT o.id, o.aggregate_type, o.aggregate_id, o.aggregate_version, o.type, o.payload, o.trace_parent, o.occurred_at, waiting.id
        FROM (
            SELECT id FROM outbox_waiting
            WHERE id >= $3 AND aggregate_id <> ALL ($2)
            ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
        ) claimed
        CROSS JOIN LATERAL (SELECT * FROM outbox WHERE id = claimed.id LIMIT 1) o
        LEFT JOIN LATERAL (
            SELECT id FROM outbox
            WHERE o.aggregate_version > 1 AND aggregate_id = o.aggregate_id AND aggregate_version < o.aggregate_version
            ORDER BY aggregate_version DESC LIMIT 1
        ) before ON true
        LEFT JOIN LATERAL (SELECT id FROM outbox_waiting WHERE id = before.id LIMIT 1) waiting ON true
        """;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private OutboxBatch(NpgsqlConnection connection, NpgsqlTransaction transaction, List<(OutboxMessage Message, Guid? After)> rows) =>
        (_connection, _transaction, Claimed, Last, Ready) =
        (connection, transaction, rows.Count, rows.Count == 0 ? default : rows.Max(row => row.Message.Id), InOrder(rows));

    /// <summary>How many rows are locked.</summary>
    public int Claimed { get; }

    /// <summary>The highest id among them.</summary>
    public Guid Last { get; }

    /// <summary>
    /// Those that may be published, each aggregate's in the order of its versions; the rest waits for a version that is in other hands.
    /// </summary>
    public IReadOnlyList<OutboxMessage> Ready { get; }

    /// <param name="database">As the application's role.</param>
    /// <param name="size">How many at most.</param>
    /// <param name="from">Events with lower ids are left out.</param>
    /// <param name="exceptAggregates">Their events are left out too.</param>
    /// <param name="cancellationToken">Lets go of all.</param>
    public static async Task<OutboxBatch> ClaimAsync(
        NpgsqlDataSource database, int size, Guid from, Guid[] exceptAggregates, CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var rows = await ReadAsync(connection, size, from, exceptAggregates, cancellationToken);
            return new OutboxBatch(connection, transaction, rows);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Remembers what the stream has acknowledged, and lets go of all.</summary>
    public async Task CommitAsync(IReadOnlyList<OutboxMessage> published, CancellationToken cancellationToken)
    {
        if (published.Count == 0)
        {
            await _transaction.RollbackAsync(cancellationToken);
            return;
        }

        await using var batch = new NpgsqlBatch(_connection, _transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("DELETE FROM outbox_waiting WHERE id = ANY ($1)")
                {
                    Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. published.Select(message => message.Id)] } },
                },
                // With the rest, as a round trip of its own would hold the rows for longer.
                new NpgsqlBatchCommand("COMMIT"),
            },
        };
        await batch.PrepareAsync(cancellationToken);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static async Task<List<(OutboxMessage Message, Guid? After)>> ReadAsync(
        NpgsqlConnection connection, int size, Guid from, Guid[] exceptAggregates, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // A plan is kept, and may have been made while hardly anything waited.
                new NpgsqlBatchCommand("SET LOCAL enable_seqscan = off"),
                // No wait for the disk: should the end be lost with the server's last moment, events are published again under the same
                // ids.
                new NpgsqlBatchCommand("SET LOCAL synchronous_commit = off"),
                new NpgsqlBatchCommand(ClaimSql)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<int> { TypedValue = size },
                        new NpgsqlParameter<Guid[]> { TypedValue = exceptAggregates },
                        new NpgsqlParameter<Guid> { TypedValue = from },
                    },
                },
            },
        };
        await batch.PrepareAsync(cancellationToken);
        var rows = new List<(OutboxMessage, Guid?)>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            rows.Add((OutboxRows.Read(reader), reader.IsDBNull(OutboxRows.Columns) ? null : reader.GetGuid(OutboxRows.Columns)));
        return rows;
    }

    private static List<OutboxMessage> InOrder(List<(OutboxMessage Message, Guid? After)> rows)
    {
        // RETURNING and a join promise no order.
        rows.Sort((left, right) => left.Message.AggregateVersion.CompareTo(right.Message.AggregateVersion));
        var ready = new List<OutboxMessage>(rows.Count);
        var ids = new HashSet<Guid>(rows.Count);
        foreach (var (message, after) in rows)
        {
            if (after is not null && !ids.Contains(after.Value))
                continue;
            ids.Add(message.Id);
            ready.Add(message);
        }

        return ready;
    }
}
