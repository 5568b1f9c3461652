using System.Runtime.CompilerServices;
using Npgsql;
using Portico.Application.Wallets;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>
/// Reads postings only by their key, so the cost of a page, a part of a statement or a balance does not depend on the history length.
/// </summary>
internal sealed class WalletHistory(NpgsqlDataSource database) : IWalletHistory
{
    private const int PartSize = 1_000;

    // LIMIT forces a lookup by key for each journal. With few journals a join would read all of them for one part.
    // Each parameter is a subquery, whose value the planner does not know. For a long history it would else expect few rows of the values
    // and many without them, and plan a prepared statement again in each use.
    private const string Entries =
        """
        SELECT p.account_version, p.recorded_at, j.kind, p.amount, p.posted_after, p.held_after, j.id, j.source_id, j.destination_id,
            j.hold_id, j.reverses_id, j.description
        FROM ledger.postings p CROSS JOIN LATERAL (SELECT * FROM ledger.journals WHERE id = p.journal_id LIMIT 1) j
        """;

    public const string BeforeSql =
        $"""
        {Entries} WHERE p.account_id = (SELECT $1) AND p.account_version < (SELECT $2)
        ORDER BY p.account_version DESC LIMIT (SELECT $3)
        """;

    public const string BetweenSql =
        $"""
        {Entries} WHERE p.account_id = (SELECT $1) AND p.account_version > (SELECT $2) AND p.account_version <= (SELECT $3)
        ORDER BY p.account_version LIMIT (SELECT $4)
        """;

    // The account is the last column, so that the entry is read as in the other statements.
    public const string LastSql =
        """
        SELECT p.account_version, p.recorded_at, j.kind, p.amount, p.posted_after, p.held_after, j.id, j.source_id, j.destination_id,
            j.hold_id, j.reverses_id, j.description, p.account_id
        FROM unnest((SELECT $1)) w (id)
        CROSS JOIN LATERAL (SELECT * FROM ledger.postings WHERE account_id = w.id ORDER BY account_version DESC LIMIT (SELECT $2)) p
        CROSS JOIN LATERAL (SELECT * FROM ledger.journals WHERE id = p.journal_id LIMIT 1) j
        ORDER BY p.account_id, p.account_version DESC
        """;

    // As a subquery the search runs once; directly in the condition it would also run for the plan.
    public const string UntilSql =
        """
        SELECT p.account_version, p.posted_after, p.held_after FROM ledger.postings p
        WHERE p.account_id = $1 AND p.account_version = (SELECT ledger.version_at($1, $2 - interval '1 microsecond'))
        """;

    public Task<WalletAccount?> Find(Guid walletId, CancellationToken cancellationToken) => database
        .CreateCommand("SELECT owner_id, currency FROM ledger.accounts WHERE id = $1 AND kind = 'wallet'")
        .With(walletId)
        .ReadFirst(row => new WalletAccount(walletId, row.GetGuid(0), Currency.Of(row.GetString(1))), cancellationToken);

    public Task<IReadOnlyList<EntryDto>> Before(WalletAccount wallet, long version, int limit, CancellationToken cancellationToken) =>
        database.CreateCommand(BeforeSql).With(wallet.Id, version, limit).ReadAll(row => Entry(row, wallet), cancellationToken);

    public async Task<ILookup<Guid, EntryDto>> Last(
        IReadOnlyCollection<WalletAccount> wallets, int limit, CancellationToken cancellationToken)
    {
        var byId = wallets.ToDictionary(wallet => wallet.Id);
        if (byId.Count == 0)
            return Array.Empty<EntryDto>().ToLookup(_ => Guid.Empty);

        var found = await database.CreateCommand(LastSql).With(byId.Keys.ToArray(), limit).ReadAll(
            row => (Wallet: row.GetGuid(12), Entry: Entry(row, byId[row.GetGuid(12)])), cancellationToken);
        return found.ToLookup(row => row.Wallet, row => row.Entry);
    }

    public async Task<PostedBalance> Until(WalletAccount wallet, DateTimeOffset instant, CancellationToken cancellationToken) =>
        await database.CreateCommand(UntilSql).With(wallet.Id, instant).ReadFirst(
            row => new PostedBalance(row.GetInt64(0), Amount(row, 1, wallet), Amount(row, 2, wallet)), cancellationToken)
        ?? PostedBalance.Empty(wallet.Currency);

    public async IAsyncEnumerable<EntryDto> Between(
        WalletAccount wallet, long afterVersion, long upToVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (afterVersion < upToVersion)
        {
            // A connection for each part, so that a slow reader does not hold one.
            var part = await database.CreateCommand(BetweenSql).With(wallet.Id, afterVersion, upToVersion, PartSize)
                .ReadAll(row => Entry(row, wallet), cancellationToken);
            if (part.Count == 0)
                throw new InvalidOperationException($"The postings of {wallet.Id} end before version {upToVersion}.");

            foreach (var entry in part)
                yield return entry;
            afterVersion = part[^1].Version;
        }
    }

    private static EntryDto Entry(NpgsqlDataReader reader, WalletAccount wallet)
    {
        var (source, destination) = (reader.GetGuid(7), reader.GetGuid(8));
        var other = source == wallet.Id ? destination : source;
        return new EntryDto(
            reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), EnumNames<JournalKind>.Read(reader.GetString(2)),
            Amount(reader, 3, wallet), Amount(reader, 4, wallet), Amount(reader, 5, wallet), reader.GetGuid(6),
            SystemAccounts.Contains(other) ? null : other,
            reader.ValueOrNull<Guid>(9), reader.ValueOrNull<Guid>(10), reader.StringOrNull(11));
    }

    private static Money Amount(NpgsqlDataReader reader, int column, WalletAccount wallet) =>
        Money.OfMinorUnits(reader.GetDecimal(column), wallet.Currency);
}
