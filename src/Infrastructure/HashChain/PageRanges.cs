using Npgsql;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.HashChain;

/// <summary>Summarises the BRIN indexes by which the sealer finds new rows, as far as whole ranges of pages are written.</summary>
/// <remarks>
/// A query reads every page of a range without a summary. PostgreSQL makes summaries when autovacuum comes, once a minute, and until then
/// each block would read the rows of that minute again. Not thread-safe.
/// </remarks>
internal sealed class PageRanges
{
    private const string Sql =
        """
        SELECT ledger.summarize('ledger.journals_transaction_id_idx', $1), ledger.summarize('ledger.postings_recorded_at_idx', $2),
            ledger.summarize('ledger.block_journals_height_idx', $3)
        """;

    // The page after the last summary of each index; unknown to a process that has summarised nothing yet.
    private long?[] _next = new long?[3];

    public async Task Summarize(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        _next = (await new NpgsqlCommand(Sql, connection).With(_next[0], _next[1], _next[2]).ReadFirst(
            row => Array.ConvertAll([0, 1, 2], column => row.ValueOrNull<long>(column)), cancellationToken))!;
}
