using Npgsql;
using NpgsqlTypes;

namespace Portico.Infrastructure.Persistence.Outbox;

/// <summary>Events that nobody else publishes as long as this transaction is open.</summary>
internal sealed class OutboxBatch : IAsyncDisposable
{
    // The predecessor is looked up by its key, and only where there can be one. A claim of somebody else's is seen as unpublished
    // until it is committed, so that nothing overtakes what is under way there.
    private const string ClaimSql =
        """
        SELECT o.id, o.aggregate_type, o.aggregate_id, o.aggregate_version, o.type, o.payload, o.trace_parent, o.occurred_at, before.id
        FROM (
            SELECT * FROM outbox
            WHERE published_at IS NULL AND occurred_at >= $3 AND aggregate_id <> ALL ($2)
            ORDER BY occurred_at LIMIT $1 FOR UPDATE SKIP LOCKED
        ) o
        LEFT JOIN LATERAL (
            SELECT e.id, e.published_at FROM outbox e
            WHERE o.aggregate_version > 1 AND e.aggregate_id = o.aggregate_id AND e.aggregate_version < o.aggregate_version
            ORDER BY e.aggregate_version DESC LIMIT 1
        ) before ON before.published_at IS NULL
        """;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private OutboxBatch(NpgsqlConnection connection, NpgsqlTransaction transaction, int claimed, IReadOnlyList<OutboxMessage> ready) =>
        (_connection, _transaction, Claimed, Ready) = (connection, transaction, claimed, ready);

    /// <summary>How many rows are locked.</summary>
    public int Claimed { get; }

    /// <summary>Those that may be published, each aggregate's in the order of its versions; the rest waits for a version that is in other hands.</summary>
    public IReadOnlyList<OutboxMessage> Ready { get; }

    /// <param name="database">As the application's role.</param>
    /// <param name="size">How many at most.</param>
    /// <param name="since">Events from before are left out.</param>
    /// <param name="exceptAggregates">Their events are left out too.</param>
    /// <param name="cancellationToken">Lets go of all.</param>
    public static async Task<OutboxBatch> ClaimAsync(
        NpgsqlDataSource database, int size, DateTimeOffset since, Guid[] exceptAggregates, CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var rows = await ReadAsync(connection, size, since, exceptAggregates, cancellationToken);
            return new OutboxBatch(connection, transaction, rows.Count, InOrder(rows));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Marks what the stream has acknowledged, and lets go of all.</summary>
    public async Task CommitAsync(IReadOnlyList<OutboxMessage> published, CancellationToken cancellationToken)
    {
        if (published.Count > 0)
        {
            // No wait for the disk: should the mark be lost with the server's last moment, the event is published again under the same id.
            await using var command = new NpgsqlCommand("SET LOCAL synchronous_commit = off; UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY (@ids)", _connection, _transaction);
            command.Parameters.Add(new NpgsqlParameter("ids", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = published.Select(message => message.Id).ToArray() });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await _transaction.CommitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static async Task<List<(OutboxMessage Message, Guid? After)>> ReadAsync(
        NpgsqlConnection connection, int size, DateTimeOffset since, Guid[] exceptAggregates, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ClaimSql, connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = size });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid, Value = exceptAggregates });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = since });
        var rows = new List<(OutboxMessage, Guid?)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
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
