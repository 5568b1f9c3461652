using System.Security.Cryptography;
using Npgsql;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.HashChain;

/// <summary>What one call of the sealer did.</summary>
/// <param name="Journals">How many journals were sealed.</param>
/// <param name="HasMore">Whether more of them can be sealed at once.</param>
/// <param name="Oldest">The age of the oldest committed journal that is in no block yet; <c>null</c> when all are.</param>
internal readonly record struct SealedBlock(int Journals, bool HasMore, TimeSpan? Oldest);

/// <summary>Seals the journals that are committed and in no block yet: one block at a time, by one process at a time.</summary>
/// <remarks>
/// Journals are sealed in the order of their transactions, and only below the oldest transaction that is under way. So no transaction that
/// commits late is left out. Transaction ids mean something in one database cluster only. In another one, and for journals that have none,
/// the sealer first looks through all journals once. Not thread-safe.
/// </remarks>
internal sealed class BlockSealer(ChainKeys keys, HashChainSettings settings, CommittedJournals committed)
{
    /// <summary>An advisory lock that nothing else in the database uses.</summary>
    public const long LockKey = 0x504f_5254_4348_4149;

    /// <summary>The aggregate of the events of heads.</summary>
    public static readonly Guid ChainId = new("6c656467-6572-8000-8000-000000000001");

    // Look-ups by key and by ranges of pages stay right, whatever the size of the tables was when they were analysed last.
    private const string BeginSql =
        """
        SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off;
        SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL synchronous_commit = on
        """;

    // Two arrays: thousands of rows would be sent and read one by one.
    private const string Arrays = "SELECT coalesce(array_agg(n.id), '{}'), coalesce(array_agg(n.transaction_id), '{}')";

    // The transactions are named to the end by a number, or each block would sort everything that waits.
    private const string NextSql =
        $"""
        {Arrays} FROM (
            SELECT j.id, j.transaction_id FROM ledger.journals j
            WHERE j.transaction_id >= $1 AND j.transaction_id < $4 AND (j.transaction_id, j.id) > ($1, $2)
            ORDER BY j.transaction_id, j.id LIMIT $3) n
        """;

    // After a pass, and in another cluster, some of them are sealed already.
    private const string NextUnsealedSql =
        $"""
        {Arrays} FROM (
            SELECT j.id, j.transaction_id FROM ledger.journals j
            WHERE j.transaction_id >= $1 AND j.transaction_id < $4 AND (j.transaction_id, j.id) > ($1, $2)
                AND NOT EXISTS (SELECT FROM ledger.block_journals b WHERE b.journal_id = j.id)
            ORDER BY j.transaction_id, j.id LIMIT $3) n
        """;

    private const string NextOfAllSql =
        $"""
        {Arrays} FROM (
            SELECT j.id, j.transaction_id FROM ledger.journals j
            WHERE j.id > $1 AND NOT EXISTS (SELECT FROM ledger.block_journals b WHERE b.journal_id = j.id)
            ORDER BY j.id LIMIT $2) n
        """;

    // Rows of another cluster may have any transaction id, and are sealed.
    private const string OldestSql =
        """
        SELECT extract(epoch FROM clock_timestamp() - min(j.recorded_at))::double precision FROM ledger.journals j
        WHERE j.transaction_id >= $1 AND j.transaction_id < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
            AND (j.transaction_id, j.id) > ($1, $2)
            AND NOT EXISTS (SELECT FROM ledger.block_journals b WHERE b.journal_id = j.id)
        """;

    private const string MembersKey = "block_journals_pkey";
    private const int CheckedBlocks = 100;
    private const int RangeGrowth = 8;

    private readonly FieldWriter _writer = new();
    private readonly Dictionary<Guid, (CommittedGroup Group, int Index)> _known = [];
    private readonly PageRanges _ranges = new();

    // A look-up for each journal costs time, so it is made only for some blocks after the key has refused a second seal.
    private int _checkedBlocks;

    // How many transactions hold about one block.
    private long _range = 1_000;

    // How far this process has looked through all journals, and the transactions that its pass covers.
    private Pass? _pass;

    /// <summary>Seals the next block, if there is anything to seal and no other process is sealing.</summary>
    public async Task<SealedBlock> Seal(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await Begin(connection, cancellationToken) is not { } chain)
            return new SealedBlock(0, HasMore: false, TimeSpan.Zero);

        Know();
        await _ranges.Summarize(connection, cancellationToken);
        var (next, pass) = chain.UpTo is { } upTo ? (upTo, null) : Follow(chain);
        var isChecked = _checkedBlocks > 0;
        var (journals, hasMore) = pass is null
            ? await ReadNext(connection, isChecked ? NextUnsealedSql : NextSql, next, chain.Below, cancellationToken)
            : await Read(connection, NextOfAllSql, cancellationToken, pass.After, settings.MaxBlock);
        if (pass is not null)
        {
            pass = hasMore ? pass with { After = journals[^1].Id } : pass with { IsDone = true };
            next = new UpTo(pass.Below, Guid.Empty);
        }
        else if (journals.Count > 0)
        {
            next = new UpTo(journals[^1].TransactionId!.Value, journals[^1].Id);
        }

        try
        {
            if (journals.Count > 0)
                await Write(connection, chain, journals, pass is { IsDone: false } ? null : next, cancellationToken);
        }
        catch (PostgresException again) when (!isChecked && again.ConstraintName == MembersKey)
        {
            _checkedBlocks = CheckedBlocks;
            return new SealedBlock(0, HasMore: true, null);
        }

        var oldest = hasMore || pass is not null ? null : await Oldest(connection, next, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _pass = pass ?? _pass;
        _checkedBlocks = Math.Max(0, _checkedBlocks - 1);
        foreach (var journal in journals)
        {
            if (_known.Remove(journal.Id, out var known))
                known.Group.RemoveOne();
        }

        return new SealedBlock(journals.Count, HasMore: hasMore || pass is not null, oldest);
    }

    /// <summary>The pass over all journals, or its end when this process has finished it.</summary>
    private (UpTo Next, Pass? Pass) Follow(Chain chain) => _pass switch
    {
        { IsDone: true } done when done.SystemId == chain.SystemId => (new UpTo(done.Below, Guid.Empty), null),
        { } going when going.SystemId == chain.SystemId => (default, going),
        _ => (default, new Pass(chain.SystemId, chain.Below, Guid.Empty, IsDone: false)),
    };

    private static async Task<Chain?> Begin(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var begin = new NpgsqlCommand($"{BeginSql}; SELECT pg_try_advisory_xact_lock({LockKey})", connection);
        if (await begin.ReadValue(cancellationToken) is not true)
            return null;

        return await new NpgsqlCommand(
            """
            SELECT system_identifier, pg_snapshot_xmin(pg_current_snapshot())::text::bigint, clock_timestamp(),
                b.height, b.hash, b.system_id, b.up_to_transaction, b.up_to_journal
            FROM pg_control_system() LEFT JOIN LATERAL (SELECT * FROM ledger.blocks ORDER BY height DESC LIMIT 1) b ON true
            """,
            connection).ReadFirst(
            row => new Chain(
                row.GetInt64(0),
                row.GetInt64(1),
                row.GetFieldValue<long>(2),
                row.IsDBNull(3) ? 0 : row.GetInt64(3),
                row.IsDBNull(3) ? new byte[MerkleTree.HashLength] : row.GetFieldValue<byte[]>(4),
                row.ValueOrNull<long>(5) == row.GetInt64(0) && !row.IsDBNull(6) ? new UpTo(row.GetInt64(6), row.GetGuid(7)) : null),
            cancellationToken);
    }

    /// <summary>Adds what this process has committed.</summary>
    private void Know()
    {
        foreach (var group in committed.Take())
        {
            // Another process has sealed them, or they wait for a transaction that is under way for long.
            if (_known.Count > CommittedJournals.Capacity)
                _known.Clear();
            for (var i = 0; i < group.Count; i++)
                _known[group.JournalId(i)] = (group, i);
        }
    }

    /// <summary>Finds the journals of the next block, in a range of transactions that holds about as many of them.</summary>
    private async Task<(IReadOnlyList<SealedId> Journals, bool HasMore)> ReadNext(
        NpgsqlConnection connection, string sql, UpTo after, long below, CancellationToken cancellationToken)
    {
        for (var range = _range; ; range *= RangeGrowth)
        {
            var end = Math.Min(below, after.Transaction + range);
            var (journals, isFull) = await Read(
                connection, sql, cancellationToken, after.Transaction, after.Journal, settings.MaxBlock, end);
            // A block that is half full is better than to read it again.
            if (journals.Count <= settings.MaxBlock / 2 && end < below)
                continue;
            if (isFull || end < below)
                _range = Math.Max(1, (journals[^1].TransactionId!.Value - after.Transaction) * settings.MaxBlock / journals.Count);
            return (journals, isFull || end < below);
        }
    }

    private async Task<(IReadOnlyList<SealedId> Journals, bool IsFull)> Read(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        var journals = await new NpgsqlCommand(sql, connection).With(values).ReadFirst(
            row => row.GetFieldValue<Guid[]>(0).Zip(row.GetFieldValue<long?[]>(1), (id, transaction) => new SealedId(id, transaction))
                .ToArray(),
            cancellationToken);
        return (journals!, journals!.Length == settings.MaxBlock);
    }

    /// <summary>The hash of each journal with its postings, in their order.</summary>
    private async Task<byte[][]> Leaves(
        NpgsqlConnection connection, IReadOnlyList<SealedId> journals, byte[] salt, CancellationToken cancellationToken)
    {
        var unknown = journals.Where(journal => !_known.ContainsKey(journal.Id)).Select(journal => journal.Id).ToArray();
        var rows = unknown.Length == 0
            ? []
            : await new NpgsqlCommand($"SELECT {JournalRow.Columns} FROM ledger.journals j WHERE j.id = ANY($1)", connection)
                .With(unknown).ReadAll(row => JournalRow.Read(row), cancellationToken);
        var read = rows.ToDictionary(row => row.Id);
        var postings = await PostingRow.ReadAll(connection, rows, cancellationToken);
        return
        [
            .. journals.Select(journal => _known.TryGetValue(journal.Id, out var known)
                ? Leaf.HashOf(_writer, known.Group.Fields(known.Index), journal.TransactionId, salt)
                : Leaf.HashOf(_writer, read[journal.Id], postings[journal.Id], salt)),
        ];
    }

    private static async Task<TimeSpan?> Oldest(NpgsqlConnection connection, UpTo after, CancellationToken cancellationToken) =>
        await new NpgsqlCommand(OldestSql, connection).With(after.Transaction, after.Journal).ReadValue(cancellationToken) is double seconds
            ? TimeSpan.FromSeconds(Math.Max(0, seconds))
            : null;

    private async Task Write(
        NpgsqlConnection connection, Chain chain, IReadOnlyList<SealedId> journals, UpTo? upTo, CancellationToken cancellationToken)
    {
        var key = await keys.Signing(connection, cancellationToken);
        var salt = RandomNumberGenerator.GetBytes(MerkleTree.HashLength);
        var leaves = await Leaves(connection, journals, salt, cancellationToken);
        var block = new BlockRow
        {
            Height = chain.Height + 1,
            Format = BlockRow.CurrentFormat,
            PreviousHash = chain.Hash,
            Root = MerkleTree.Root(leaves),
            Journals = leaves.Length,
            Salt = salt,
            SealedAt = chain.Now,
            SystemId = chain.SystemId,
            UpToTransaction = upTo?.Transaction,
            UpToJournal = upTo?.Journal,
            KeyId = key.Id,
        };
        var hash = BlockRow.HashOf(block.ToHead(key.PublicKey));
        block = block with { Hash = hash, Signature = key.Sign(block.Height, hash) };
        await Insert(connection, block, key, cancellationToken);
        // COPY writes rows by the page into the log of the database, and not one by one.
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY ledger.block_journals (journal_id, height, position, leaf_hash) FROM STDIN (FORMAT BINARY)", cancellationToken);
        for (var i = 0; i < leaves.Length; i++)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(journals[i].Id, cancellationToken);
            await copy.WriteAsync(block.Height, cancellationToken);
            await copy.WriteAsync(i, cancellationToken);
            await copy.WriteAsync(leaves[i], cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static async Task Insert(NpgsqlConnection connection, BlockRow block, ChainKey key, CancellationToken cancellationToken)
    {
        var head = block.ToHead(key.PublicKey);
        var told = new LedgerHeadSealed(
            head.Format, head.Height, head.PreviousHash, head.Root, head.Journals, head.PrivateHash, head.SealedAt,
            head.Hash, head.KeyId, head.PublicKey, head.Signature);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(
                    """
                    INSERT INTO ledger.blocks (height, format, previous_hash, root, journals, salt, sealed_at, system_id,
                        up_to_transaction, up_to_journal, hash, key_id, signature)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                    """).With(
                    block.Height, block.Format, block.PreviousHash, block.Root, block.Journals, block.Salt, RowValues.Time(block.SealedAt),
                    block.SystemId, block.UpToTransaction, block.UpToJournal, block.Hash, block.KeyId, block.Signature),
                new NpgsqlBatchCommand(
                    """
                    INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, occurred_at)
                    VALUES ($1, 'HashChain', $2, $3, $4, $5, $6)
                    """).With(
                    Ids.New(RowValues.Instant(block.SealedAt)), ChainId, block.Height, EventNames.Of(told), EventJson.Write(told).AsText(),
                    RowValues.Time(block.SealedAt)),
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private readonly record struct UpTo(long Transaction, Guid Journal);

    /// <summary>A journal that is sealed next, and its transaction.</summary>
    private readonly record struct SealedId(Guid Id, long? TransactionId);

    /// <summary>The newest block, and what the database says before the next one.</summary>
    private sealed record Chain(long SystemId, long Below, long Now, long Height, byte[] Hash, UpTo? UpTo);

    /// <summary>A pass over all journals; every transaction below a number had ended when it began.</summary>
    private sealed record Pass(long SystemId, long Below, Guid After, bool IsDone);
}
