using Npgsql;
using Portico.Application.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.HashChain;

/// <summary>Reads heads and receipts of the chain from PostgreSQL.</summary>
internal sealed class ChainReader(NpgsqlDataSource database) : IHashChain
{
    private const string HeadsSql =
        $"SELECT {BlockRow.Columns}, k.public_key FROM ledger.blocks b JOIN ledger.chain_keys k ON k.id = b.key_id";

    // A posting has the time of its journal. After a clock was put back, any number of postings of an account have the same time.
    private const string PostingsSql =
        $"""
        SELECT {PostingRow.Columns} FROM (SELECT id, unnest(ARRAY[source_id, destination_id]) AS account_id, recorded_at
            FROM ledger.journals WHERE id = $1) j
        CROSS JOIN LATERAL (SELECT ledger.version_at(j.account_id, j.recorded_at - interval '1 microsecond') AS before,
            ledger.version_at(j.account_id, j.recorded_at) AS last OFFSET 0) v
        CROSS JOIN LATERAL (
            SELECT * FROM ledger.postings
            WHERE account_id = j.account_id AND account_version > v.before AND account_version <= v.last AND journal_id = j.id
            ORDER BY account_version DESC LIMIT 1) p
        """;

    public Task<IReadOnlyList<HeadDto>> ListHeads(long below, int limit, CancellationToken cancellationToken) => database
        .CreateCommand($"{HeadsSql} WHERE b.height < $1 ORDER BY b.height DESC LIMIT $2")
        .With(below, limit)
        .ReadAll(row => Head(row).Dto, cancellationToken);

    public async Task<ReceiptDto?> FindReceipt(Guid journalId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var place = await new NpgsqlCommand("SELECT height, position FROM ledger.block_journals WHERE journal_id = $1", connection)
            .With(journalId).ReadFirst<(long, int)?>(row => (row.GetInt64(0), row.GetInt32(1)), cancellationToken);
        if (place is not var (height, position))
            return null;

        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand($"{HeadsSql} WHERE b.height = $1").With(height),
                new NpgsqlBatchCommand("SELECT leaf_hash FROM ledger.block_journals WHERE height = $1 ORDER BY position").With(height),
                new NpgsqlBatchCommand($"SELECT {JournalRow.Columns} FROM ledger.journals j WHERE j.id = $1").With(journalId),
                new NpgsqlBatchCommand(PostingsSql).With(journalId),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (block, head) = Head(reader);
        await reader.NextResultAsync(cancellationToken);
        var leaves = new List<byte[]>(block.Journals);
        while (await reader.ReadAsync(cancellationToken))
            leaves.Add(reader.GetFieldValue<byte[]>(0));
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var journal = JournalRow.Read(reader);
        await reader.NextResultAsync(cancellationToken);
        var postings = new List<PostingRow>(2);
        while (await reader.ReadAsync(cancellationToken))
            postings.Add(PostingRow.Read(reader));
        return new ReceiptDto
        {
            Format = BlockRow.CurrentFormat,
            Transfer = journal.ToTransfer(),
            PrivateHash = Convert.ToHexStringLower(Leaf.PrivateHashOf(new FieldWriter(), journal, postings, block.Salt)),
            Position = position,
            Proof = [.. MerkleTree.Proof(leaves.ToArray(), position).Select(Convert.ToHexStringLower)],
            Head = head,
        };
    }

    public async Task<ReceiptProblem?> Check(ReceiptDto receipt, CancellationToken cancellationToken)
    {
        if (ReceiptVerification.Check(receipt) is { } problem)
            return problem;

        return await database.CreateCommand(
            """
            SELECT EXISTS (SELECT FROM ledger.chain_keys WHERE id = $1),
                EXISTS (SELECT FROM ledger.blocks WHERE height = $2 AND hash = $3)
            """)
            .With(receipt.Head.KeyId, receipt.Head.Height, Convert.FromHexString(receipt.Head.Hash))
            .ReadFirst<ReceiptProblem?>(
                row => !row.GetBoolean(0) ? ReceiptProblem.UnknownKey : !row.GetBoolean(1) ? ReceiptProblem.UnknownHead : null,
                cancellationToken);
    }

    private static (BlockRow Block, HeadDto Dto) Head(NpgsqlDataReader reader)
    {
        var block = BlockRow.Read(reader);
        return (block, block.ToHead(reader.GetFieldValue<byte[]>(BlockRow.ColumnCount)));
    }
}
