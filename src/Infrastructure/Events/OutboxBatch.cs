using Npgsql;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Outbox rows that this transaction has locked or removed, so that no other relay publishes them.</summary>
internal sealed class OutboxBatch : IAsyncDisposable
{
    // The LIMITs force a lookup by key for each row, independent of the planner's estimate. The predecessor is also looked up by key, and
    // only when there can be one. A row that another relay has locked still counts as waiting until that relay commits, so no event
    // overtakes its predecessor.
    private const string ClaimSql =
        $"""
        SELECT claimed.id, o.aggregate_type, o.aggregate_id, o.aggregate_version, o.type, {OutboxRows.Data}, o.trace_parent, o.occurred_at,
            waiting.id
        FROM (
            SELECT id FROM outbox_waiting
            WHERE id > $3 AND aggregate_id <> ALL ($2)
            ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
        ) claimed
        LEFT JOIN unnest($4) AS known (id) ON known.id = claimed.id
        LEFT JOIN LATERAL (SELECT * FROM outbox WHERE id = claimed.id AND known.id IS NULL LIMIT 1) o ON true
        LEFT JOIN LATERAL (
            SELECT id FROM outbox
            WHERE o.aggregate_version > 1 AND aggregate_id = o.aggregate_id AND aggregate_version < o.aggregate_version
            ORDER BY aggregate_version DESC LIMIT 1
        ) before ON true
        LEFT JOIN LATERAL (SELECT id FROM outbox_waiting WHERE id = before.id LIMIT 1) waiting ON true
        """;

    private const string RemoveSql = "DELETE FROM outbox_waiting WHERE id = ANY ($1)";

    private const string TakeSql = $"WITH taken AS ({RemoveSql} RETURNING id) SELECT ARRAY(SELECT id FROM taken)";

    // No wait for the disk: if a server crash loses the commit, the events are published again with the same ids.
    private const string NoWaitSql = "SET LOCAL synchronous_commit = off";

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly bool _isRemoved;

    private OutboxBatch(
        NpgsqlConnection connection, NpgsqlTransaction transaction, bool isRemoved, int claimed, Guid last, List<OutboxMessage> ready)
    {
        (_connection, _transaction, _isRemoved) = (connection, transaction, isRemoved);
        (Claimed, Last, Ready) = (claimed, last, ready);
    }

    /// <summary>The number of these rows.</summary>
    public int Claimed { get; }

    /// <summary>The highest id of these rows, when they were locked.</summary>
    public Guid Last { get; }

    /// <summary>
    /// The events that may be published, in the order of versions per aggregate; the others wait for a version that another relay has.
    /// </summary>
    public IReadOnlyList<OutboxMessage> Ready { get; }

    /// <summary>Locks the next waiting rows.</summary>
    /// <param name="database">The database, with the role of the application.</param>
    /// <param name="size">The maximum number of rows.</param>
    /// <param name="after">Only rows with higher ids are claimed.</param>
    /// <param name="exceptAggregates">Rows of these aggregates are skipped.</param>
    /// <param name="known">Events that need not be read.</param>
    /// <param name="cancellationToken">Releases all locks.</param>
    public static Task<OutboxBatch> ClaimAsync(
        NpgsqlDataSource database, int size, Guid after, Guid[] exceptAggregates, IReadOnlyDictionary<Guid, OutboxMessage> known,
        CancellationToken cancellationToken) =>
        BeginAsync(
            database,
            [new NpgsqlBatchCommand(ClaimSql).With(size, exceptAggregates, after, known.Keys.ToArray())],
            async (connection, transaction, reader) =>
            {
                var rows = new List<(OutboxMessage Message, Guid? After)>();
                while (await reader.ReadAsync(cancellationToken))
                {
                    if (known.GetValueOrDefault(reader.GetGuid(0)) is { } message)
                        rows.Add((message, null));
                    else if (!reader.IsDBNull(1))
                        rows.Add((OutboxRows.Read(reader), reader.ValueOrNull<Guid>(OutboxRows.Columns)));
                }

                var last = rows.Count == 0 ? default : rows.Max(row => row.Message.Id);
                return new OutboxBatch(connection, transaction, isRemoved: false, rows.Count, last, InOrder(rows));
            },
            cancellationToken);

    /// <summary>Removes the waiting rows of known events, of which each has the first version of its aggregate.</summary>
    /// <param name="database">The database, with the role of the application.</param>
    /// <param name="known">The events.</param>
    /// <param name="cancellationToken">Brings all rows back.</param>
    /// <returns>The events whose rows waited; <c>null</c> when another relay has locked one of them for longer than a moment.</returns>
    public static async Task<OutboxBatch?> TakeAsync(
        NpgsqlDataSource database, IReadOnlyDictionary<Guid, OutboxMessage> known, CancellationToken cancellationToken)
    {
        try
        {
            return await BeginAsync(
                database,
                [
                    new NpgsqlBatchCommand("SET LOCAL lock_timeout = '100ms'"),
                    new NpgsqlBatchCommand(TakeSql).With(known.Keys.ToArray()),
                ],
                async (connection, transaction, reader) =>
                {
                    await reader.ReadAsync(cancellationToken);
                    var ids = reader.GetFieldValue<Guid[]>(0);
                    var ready = new List<OutboxMessage>(ids.Length);
                    foreach (var id in ids)
                        ready.Add(known[id]);
                    return new OutboxBatch(connection, transaction, isRemoved: true, ids.Length, last: default, ready);
                },
                cancellationToken);
        }
        catch (PostgresException locked) when (locked.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return null;
        }
    }

    /// <summary>Removes the published events from the waiting rows, commits and releases all locks.</summary>
    public async Task CommitAsync(IReadOnlyList<OutboxMessage> published, CancellationToken cancellationToken)
    {
        if (_isRemoved && published.Count == Claimed)
        {
            await _transaction.CommitAsync(cancellationToken);
            return;
        }

        if (published.Count == 0)
        {
            await _transaction.RollbackAsync(cancellationToken);
            return;
        }

        await using var batch = new NpgsqlBatch(_connection, _transaction);
        if (_isRemoved)
        {
            // Another relay that publishes an event between the two transactions publishes it with the same id.
            foreach (var sql in (string[])["ROLLBACK", "BEGIN", NoWaitSql])
                batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand(RemoveSql).With(published.Select(message => message.Id).ToArray()));
        // In the same batch, because a separate round trip would hold the locks longer.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        await batch.PrepareAsync(cancellationToken);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    /// <summary>Begins a transaction with the commands of a claim, of which the last one returns the rows.</summary>
    private static async Task<OutboxBatch> BeginAsync(
        NpgsqlDataSource database, NpgsqlBatchCommand[] claim,
        Func<NpgsqlConnection, NpgsqlTransaction, NpgsqlDataReader, Task<OutboxBatch>> read, CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    // The prepared plan is cached, and may come from a time when few rows waited.
                    new NpgsqlBatchCommand("SET LOCAL enable_seqscan = off"),
                    new NpgsqlBatchCommand(NoWaitSql),
                },
            };
            foreach (var command in claim)
                batch.BatchCommands.Add(command);
            await batch.PrepareAsync(cancellationToken);
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            return await read(connection, transaction, reader);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static List<OutboxMessage> InOrder(List<(OutboxMessage Message, Guid? After)> rows)
    {
        // The joins guarantee no order.
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
