using Npgsql;
using Portico.Bench.Load;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Ledger;

namespace Portico.Bench.Ledger;

/// <summary>Wallets for the people of a load, written beside the API.</summary>
internal static class LoadWallets
{
    private const int DepositsAGroup = 500;
    private static readonly Currency Euro = Currency.Of("EUR");

    /// <summary>Gives each person as many wallets, with a million euros in each.</summary>
    /// <returns>The wallets of each person.</returns>
    public static async Task<Guid[][]> OpenAsync(
        NpgsqlDataSource database, IReadOnlyList<LoadPerson> people, int count, CancellationToken cancellationToken)
    {
        Console.WriteLine($"Opening {count} wallets …");
        var now = TimeProvider.System.GetUtcNow();
        Account[] accounts =
            [.. Enumerable.Range(0, count).Select(n => Account.OfWallet(Ids.New(now), people[n % people.Count].Id, Euro, now))];
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await InsertAsync(connection, accounts, cancellationToken);
        await using (var session = await LedgerSession.Open(database, cancellationToken))
        {
            foreach (var group in accounts.Chunk(DepositsAGroup))
                await session.Execute(
                    [.. group.Select(account => Movement.Deposit(Ids.New(now), null, account.Id, Money.Of(1_000_000, Euro), null))]);
        }

        await database.ExecuteAsync("VACUUM ANALYZE", cancellationToken);
        return [.. people.Select((_, n) => accounts.Where((_, at) => at % people.Count == n).Select(account => account.Id).ToArray())];
    }

    /// <summary>Writes accounts and the wallets that they are of, which are the first in the database.</summary>
    public static async Task InsertAsync(NpgsqlConnection connection, IReadOnlyList<Account> accounts, CancellationToken cancellationToken)
    {
        await using (var insert = AccountRows.Insert(accounts))
        {
            insert.Connection = connection;
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var wallets = new NpgsqlCommand(
            """
            INSERT INTO wallets (id, version, owner_id, name, currency, status, created_at)
            SELECT id, 1, owner_id, 'Bench', currency, 'open', recorded_at FROM ledger.accounts WHERE kind = 'wallet'
            """,
            connection);
        await wallets.ExecuteNonQueryAsync(cancellationToken);
    }
}
