using Npgsql;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Outbox rows that this transaction has locked or removed, so that no other relay publishes them.</summary>
internal sealed class OutboxBatch : IAsyncDisposable
{
    // The LIMITs force a lookup by key for each row, independent of the planner's estimate. The predecessor is also looked up by key, and
    // only when there can be one. What another relay has locked still counts as waiting until that relay commits, so no event overtakes its
    // predecessor.
    private const string ClaimSql =
        $"""
        SELECT o.id, o.aggregate_type, o.aggregate_id, o.aggregate_version, o.type, {OutboxRows.Data}, o.trace_parent, o.occurred_at,
            waiting.id
        FROM (
            SELECT id FROM outbox_waiting
            WHERE id > $3 AND aggregate_id <> ALL ($2)
            ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
        ) claimed
        CROSS JOIN LATERAL (SELECT * FROM outbox WHERE id = claimed.id LIMIT 1) o
        LEFT JOIN LATERAL (
            SELECT id, group_id FROM outbox
            WHERE o.aggregate_version > 1 AND aggregate_id = o.aggregate_id AND aggregate_version < o.aggregate_version
            ORDER BY aggregate_version DESC LIMIT 1
        ) before ON true
        LEFT JOIN LATERAL (
            (SELECT id FROM outbox_waiting WHERE id = before.id LIMIT 1)
            UNION ALL
            (SELECT before.id FROM outbox_groups WHERE id = before.group_id LIMIT 1)
            LIMIT 1
        ) waiting ON true
        """;

    private const string RemoveSql = "DELETE FROM outbox_waiting WHERE id = ANY ($1)";

    // A group that another relay has locked is left to it.
    private const string TakeSql =
        """
        DELETE FROM outbox_groups
        WHERE id = ANY (ARRAY(SELECT id FROM outbox_groups WHERE id = ANY ($1) FOR UPDATE SKIP LOCKED))
        RETURNING id
        """;

    // The version before does not know groups, so its StreamRecovery may have added a row for an event of one.
    private const string SplitSql =
        """
        WITH locked AS (SELECT id, size FROM outbox_groups ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED),
        counted AS (SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM locked),
        split AS (
            DELETE FROM outbox_groups WHERE id = ANY (ARRAY(SELECT id FROM counted WHERE before < $1))
            RETURNING id, first_id, last_id, size),
        waiting AS (
            INSERT INTO outbox_waiting (id, aggregate_id)
            SELECT o.id, o.aggregate_id FROM split JOIN outbox o
                ON o.id BETWEEN split.first_id AND split.last_id AND o.group_id = split.id
            ON CONFLICT (id) DO NOTHING)
        SELECT coalesce(sum(size), 0)::int FROM split
        """;

    private const string WaitSql =
        "INSERT INTO outbox_waiting (id, aggregate_id) SELECT unnest($1), unnest($2) ON CONFLICT (id) DO NOTHING";

    // No wait for the disk: if a server crash loses the commit, the events are published again with the same ids.
    private const string NoWaitSql = "SET LOCAL synchronous_commit = off";

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly bool _isTaken;

    private OutboxBatch(NpgsqlConnection connection, NpgsqlTransaction transaction, bool isTaken) =>
        (_connection, _transaction, _isTaken) = (connection, transaction, isTaken);

    /// <summary>The number of events that this transaction has locked.</summary>
    public int Claimed { get; private init; }

    /// <summary>The highest id of these events.</summary>
    public Guid Last { get; private init; }

    /// <summary>The number of events that were in groups, and have rows in <c>outbox_waiting</c> after this transaction.</summary>
    public int Split { get; private init; }

    /// <summary>
    /// The events that may be published, in the order of versions per aggregate; the others wait for a version that another relay has.
    /// </summary>
    public required IReadOnlyList<OutboxMessage> Ready { get; init; }

    /// <summary>Locks the next events that wait, each with a row of its own.</summary>
    /// <param name="database">The database, with the role of the application.</param>
    /// <param name="size">The maximum number of events.</param>
    /// <param name="after">Only events with higher ids are claimed.</param>
    /// <param name="exceptAggregates">Events of these aggregates are skipped.</param>
    /// <param name="split">With so many events of groups that get rows of their own before, no further group is split; 0: none.</param>
    /// <param name="cancellationToken">Releases all locks.</param>
    public static Task<OutboxBatch> ClaimAsync(
        NpgsqlDataSource database, int size, Guid after, Guid[] exceptAggregates, int split, CancellationToken cancellationToken) =>
        BeginAsync(
            database,
            [
                .. split > 0 ? [new NpgsqlBatchCommand(SplitSql).With(split)] : Array.Empty<NpgsqlBatchCommand>(),
                new NpgsqlBatchCommand(ClaimSql).With(size, exceptAggregates, after),
            ],
            async (connection, transaction, reader) =>
            {
                var splitEvents = 0;
                if (split > 0)
                {
                    await reader.ReadAsync(cancellationToken);
                    splitEvents = reader.GetInt32(0);
                    await reader.NextResultAsync(cancellationToken);
                }

                var rows = new List<(OutboxMessage Message, Guid? After)>();
                while (await reader.ReadAsync(cancellationToken))
                    rows.Add((OutboxRows.Read(reader), reader.ValueOrNull<Guid>(OutboxRows.Columns)));
                return new OutboxBatch(connection, transaction, isTaken: false)
                {
                    Claimed = rows.Count,
                    Last = rows.Count == 0 ? default : rows.Max(row => row.Message.Id),
                    Split = splitEvents,
                    Ready = InOrder(rows),
                };
            },
            cancellationToken);

    /// <summary>Removes the rows of groups that are known.</summary>
    /// <param name="database">The database, with the role of the application.</param>
    /// <param name="known">The groups.</param>
    /// <param name="cancellationToken">Brings all rows back.</param>
    /// <returns>The events of the groups whose rows waited and were not locked by another relay.</returns>
    public static Task<OutboxBatch> TakeAsync(
        NpgsqlDataSource database, IReadOnlyList<OutboxGroup> known, CancellationToken cancellationToken) =>
        BeginAsync(
            database,
            [new NpgsqlBatchCommand(TakeSql).With(known.Select(group => group.Id).ToArray())],
            async (connection, transaction, reader) =>
            {
                var taken = new HashSet<Guid>(known.Count);
                while (await reader.ReadAsync(cancellationToken))
                    taken.Add(reader.GetGuid(0));
                OutboxMessage[] ready = [.. known.Where(group => taken.Contains(group.Id)).SelectMany(group => group.Events)];
                return new OutboxBatch(connection, transaction, isTaken: true) { Claimed = ready.Length, Ready = ready };
            },
            cancellationToken);

    /// <summary>Commits and releases all locks; the published events wait no longer, the other ones wait with a row each.</summary>
    public async Task CommitAsync(IReadOnlyList<OutboxMessage> published, CancellationToken cancellationToken)
    {
        if (published.Count == 0 && Split == 0)
        {
            await _transaction.RollbackAsync(cancellationToken);
            return;
        }

        if (_isTaken && published.Count == Claimed)
        {
            await _transaction.CommitAsync(cancellationToken);
            return;
        }

        await using var batch = new NpgsqlBatch(_connection, _transaction);
        batch.BatchCommands.Add(_isTaken ? Wait([.. Ready.Except(published)]) : Remove(published));
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

    private static NpgsqlBatchCommand Remove(IReadOnlyList<OutboxMessage> published) =>
        new NpgsqlBatchCommand(RemoveSql).With(published.Select(message => message.Id).ToArray());

    private static NpgsqlBatchCommand Wait(IReadOnlyList<OutboxMessage> others) =>
        new NpgsqlBatchCommand(WaitSql).With(
            others.Select(message => message.Id).ToArray(), others.Select(message => message.AggregateId).ToArray());

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
