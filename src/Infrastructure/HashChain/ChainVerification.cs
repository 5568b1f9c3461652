using Npgsql;
using Portico.Application.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.HashChain;

/// <summary>Recomputes the hash chain from its rows.</summary>
/// <remarks>
/// It reads blocks in the order of their heights, with some ten thousand journals at a time, so memory does not grow with the ledger. It
/// runs in the transaction of its caller. Not thread-safe.
/// </remarks>
internal sealed class ChainVerification(NpgsqlConnection connection, Action<long> progress)
{
    public const string BlocksCheck = "blocks";
    public const string LeavesCheck = "leaves";

    /// <summary>What is checked here, in the order of the results.</summary>
    public static readonly IReadOnlyList<(string Name, string Promise)> Checks =
    [
        (BlocksCheck, "Each block follows the one before it, and its hash and its signature are right."),
        (LeavesCheck, "Each sealed journal and its postings are as they were sealed."),
    ];

    private const string JournalsTable = "ledger.journals";
    private const string BlocksTable = "ledger.blocks";
    private const string MembersTable = "ledger.block_journals";
    private const int BlocksAtOnce = 256;
    private const int JournalsAtOnce = 50_000;

    // By key for each row, whatever the planner believes of the size of the tables.
    private const string MembersSql =
        $"""
        SELECT m.journal_id, m.height, m.position, m.leaf_hash, {JournalRow.Columns}
        FROM ledger.block_journals m LEFT JOIN LATERAL (SELECT * FROM ledger.journals WHERE id = m.journal_id LIMIT 1) j ON true
        WHERE m.height BETWEEN $1 AND $2 ORDER BY m.height, m.position, m.journal_id LIMIT $3
        """;

    private readonly FieldWriter _writer = new();
    private readonly Dictionary<string, WrongRowDto> _wrong = new(StringComparer.Ordinal);
    private long _journals;

    /// <summary>Checks all blocks and their journals.</summary>
    /// <returns>The number of blocks, and the first wrong row of each check that failed.</returns>
    public async Task<(long Blocks, IReadOnlyDictionary<string, WrongRowDto> Wrong)> Run(CancellationToken cancellationToken)
    {
        var keys = await ReadKeys(cancellationToken);
        var (blocks, height, hash) = (0L, 0L, new byte[MerkleTree.HashLength]);
        while (await ReadBlocks(height, cancellationToken) is { Count: > 0 } read)
        {
            var part = new List<(BlockRow Block, bool IsRight)>();
            var journals = 0L;
            foreach (var block in read)
            {
                part.Add((block, Judge(block, height, hash, keys)));
                (height, hash, journals) = (block.Height, block.Hash, journals + Math.Max(block.Journals, 0));
                if (journals < JournalsAtOnce && !ReferenceEquals(block, read[^1]))
                    continue;
                await JudgeLeaves(part, journals, cancellationToken);
                part.Clear();
                journals = 0;
            }

            blocks += read.Count;
        }

        return (blocks, _wrong);
    }

    private bool Judge(BlockRow block, long heightBefore, byte[] hashBefore, Dictionary<string, byte[]> keys)
    {
        var head = block.ToHead(keys.GetValueOrDefault(block.KeyId, []));
        if (block.Height != heightBefore + 1)
            return Wrong(BlocksTable, $"{heightBefore + 1}", $"It does not exist: block {block.Height} follows block {heightBefore}.");
        if (!BlockRow.HashOf(head).AsSpan().SequenceEqual(block.Hash))
            return Wrong(BlocksTable, $"{block.Height}", "Its fields do not have its hash.");
        if (!block.PreviousHash.AsSpan().SequenceEqual(hashBefore))
            return Wrong(BlocksTable, $"{block.Height}", "The hash before it is not that of the block before.");
        if (!keys.TryGetValue(block.KeyId, out var key))
            return Wrong(BlocksTable, $"{block.Height}", $"Its key {block.KeyId} does not exist.");
        return ChainKey.IsSignature(key, block.Height, block.Hash, block.Signature)
            || Wrong(BlocksTable, $"{block.Height}", "Its signature is not that of its key.");
    }

    private bool Wrong(string table, string row, string problem, string check = BlocksCheck)
    {
        _wrong.TryAdd(check, new WrongRowDto(table, row, problem));
        return false;
    }

    private async Task JudgeLeaves(
        List<(BlockRow Block, bool IsRight)> blocks, long journals, CancellationToken cancellationToken)
    {
        progress(_journals);
        // One more than there can be, so that a surplus is seen; no more, whatever the rows say.
        var members = await ReadMembers(blocks[0].Block.Height, blocks[^1].Block.Height, journals + 1, cancellationToken);
        var postings = await PostingRow.ReadAll(
            connection, [.. members.Select(member => member.Journal).OfType<JournalRow>()], cancellationToken);
        var first = 0;
        foreach (var (block, isRight) in blocks)
        {
            var end = first;
            while (end < members.Count && members[end].Height == block.Height)
                end++;
            if (!_wrong.ContainsKey(LeavesCheck))
                Judge(block, [.. members.Skip(first).Take(end - first)], isRight ? block.Journals : end - first, postings);
            first = end;
        }

        _journals += journals;
    }

    private void Judge(BlockRow block, List<Member> members, int expected, Dictionary<Guid, List<PostingRow>> postings)
    {
        if (members.Count != expected || members.Index().Any(member => member.Item.Position != member.Index))
        {
            var (row, problem) = Misplaced(block, members, expected);
            Wrong(MembersTable, row, problem, LeavesCheck);
            return;
        }

        Member? differs = null;
        foreach (var member in members)
        {
            if (member.Journal is not { } journal)
            {
                Wrong(JournalsTable, $"{member.JournalId}", $"It is sealed in block {block.Height} and does not exist.", LeavesCheck);
                return;
            }

            var leaf = Leaf.HashOf(_writer, journal, postings[journal.Id], block.Salt);
            if (!leaf.AsSpan().SequenceEqual(member.LeafHash))
                differs ??= member;
        }

        // The root says which side was changed.
        var isRoot = members.Count > 0 && IsRoot(block, [.. members.Select(member => member.LeafHash)]);
        if (differs is not null && isRoot)
            Wrong(JournalsTable, $"{differs.JournalId}", $"It or its postings are not as block {block.Height} sealed them.", LeavesCheck);
        else if (differs is not null)
            Wrong(MembersTable, $"{differs.JournalId}", "Its hash is not that of its journal.", LeavesCheck);
        else if (!isRoot)
            Wrong(BlocksTable, $"{block.Height}", "Its root is not that of its journals.", LeavesCheck);
    }

    /// <summary>Finds the row whose place is wrong: the one without which, or with which elsewhere, the root is right.</summary>
    private static (string Row, string Problem) Misplaced(BlockRow block, List<Member> members, int expected)
    {
        var suspects = members.GroupBy(member => member.Position)
            .Where(group => group.Key < 0 || group.Key >= expected || group.Skip(1).Any())
            .SelectMany(group => group)
            .ToArray();
        var missing = Enumerable.Range(0, expected).Except(members.Select(member => member.Position)).Take(1).ToArray();
        foreach (var suspect in suspects)
        {
            var others = members.Where(member => member != suspect).ToList();
            if (members.Count == expected && missing is [var free])
                others.Insert(Math.Min(free, others.Count), suspect);
            if (others.Count == expected && IsRoot(block, [.. others.Select(member => member.LeafHash)]))
                return ($"{suspect.JournalId}", $"Block {block.Height} did not seal it at position {suspect.Position}.");
        }

        return missing is [var empty]
            ? ($"height {block.Height} position {empty}", "It does not exist.")
            : ($"{(suspects.Length > 0 ? suspects[0] : members[^1]).JournalId}", $"Block {block.Height} did not seal it.");
    }

    private static bool IsRoot(BlockRow block, byte[][] leaves) => MerkleTree.Root(leaves).AsSpan().SequenceEqual(block.Root);

    private async Task<Dictionary<string, byte[]>> ReadKeys(CancellationToken cancellationToken)
    {
        var rows = await new NpgsqlCommand("SELECT id, public_key FROM ledger.chain_keys ORDER BY created_at, id", connection)
            .ReadAll(row => (row.GetString(0), row.GetFieldValue<byte[]>(1)), cancellationToken);
        var keys = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (id, key) in rows)
        {
            if (ChainKey.IdOf(key) == id)
                keys[id] = key;
            else
                Wrong("ledger.chain_keys", id, "The public key does not have this id.");
        }

        return keys;
    }

    private Task<IReadOnlyList<BlockRow>> ReadBlocks(long after, CancellationToken cancellationToken) => new NpgsqlCommand(
        $"SELECT {BlockRow.Columns} FROM ledger.blocks b WHERE b.height > $1 ORDER BY b.height LIMIT {BlocksAtOnce}", connection)
    { CommandTimeout = 0 }.With(after).ReadAll(BlockRow.Read, cancellationToken);

    private Task<IReadOnlyList<Member>> ReadMembers(long from, long to, long limit, CancellationToken cancellationToken) =>
        new NpgsqlCommand(MembersSql, connection) { CommandTimeout = 0 }.With(from, to, limit).ReadAll(
            row => new Member(
                row.GetGuid(0), row.GetInt64(1), row.GetInt32(2), row.GetFieldValue<byte[]>(3),
                row.IsDBNull(4) ? null : JournalRow.Read(row, 4)),
            cancellationToken);

    private sealed record Member(Guid JournalId, long Height, int Position, byte[] LeafHash, JournalRow? Journal);
}
