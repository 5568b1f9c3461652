using Npgsql;
using Portico.Application.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.HashChain;

/// <summary>Compares heads that somebody kept with the blocks of the database.</summary>
/// <remarks>It finds what the chain alone can't show: a chain that was signed again, and blocks that were removed from its end.</remarks>
public static class KeptHeads
{
    /// <param name="connection">An open connection that may read <c>ledger.blocks</c>.</param>
    /// <param name="heads">The heads, whose own hashes and signatures are right.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The check, with the lowest block that has another hash or does not exist.</returns>
    public static async Task<LedgerCheckDto> Compare(
        NpgsqlConnection connection, IReadOnlyList<HeadDto> heads, CancellationToken cancellationToken)
    {
        var hashes = (await new NpgsqlCommand("SELECT height, hash FROM ledger.blocks WHERE height = ANY($1)", connection)
            .With(heads.Select(head => head.Height).ToArray())
            .ReadAll(row => (Height: row.GetInt64(0), Hash: Convert.ToHexStringLower(row.GetFieldValue<byte[]>(1))), cancellationToken))
            .ToDictionary(row => row.Height, row => row.Hash);
        var wrong = heads
            .OrderBy(head => head.Height)
            .Select(head => (head.Height, head.Hash, Found: hashes.GetValueOrDefault(head.Height)))
            .FirstOrDefault(head => head.Found != head.Hash);
        return new LedgerCheckDto(
            "kept",
            "Each kept head is the hash of its block.",
            wrong.Hash is null,
            wrong.Hash is null
                ? null
                : new WrongRowDto(
                    "ledger.blocks",
                    $"height {wrong.Height}",
                    $"The kept head has the hash {wrong.Hash}, and "
                    + (wrong.Found is null ? "there is no such block." : $"the block has {wrong.Found}.")));
    }
}
