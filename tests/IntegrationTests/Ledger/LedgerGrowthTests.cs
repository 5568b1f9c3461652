using Npgsql;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Ledger;

public sealed class LedgerGrowthTests
{
    private const int Transfers = 4_000;
    private static readonly Currency Euro = Currency.Of("EUR");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reads_history_by_its_key_alone(bool analysed)
    {
        await using var database = NpgsqlDataSource.Create((await TestDatabase.CreateAsync(await SharedStack.GetAsync())).Migrator);
        var wallet = await FillAsync(database);
        await using var connection = await database.OpenConnectionAsync();
        // With statistics and without: the tables of a new installation are empty for long enough that plans are made for that.
        if (analysed)
            await ExecuteAsync(connection, "ANALYZE ledger.accounts, ledger.journals, ledger.postings");

        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, WalletHistory.BeforeSql, wallet, 2_000L, 21);
        await ExecuteAsync(connection, WalletHistory.BetweenSql, wallet, 1_000L, 3_000L, 1_000);
        await ExecuteAsync(connection, WalletHistory.UntilSql, wallet, DateTimeOffset.UtcNow);

        // What functions and joins do inside is counted too, which a plan does not show.
        await using var scans = new NpgsqlCommand(
            "SELECT sum(seq_tup_read)::bigint, sum(idx_scan)::bigint FROM pg_stat_xact_user_tables WHERE schemaname = 'ledger'",
            connection);
        await using var reader = await scans.ExecuteReaderAsync();
        await reader.ReadAsync();
        Assert.Equal(0, reader.GetInt64(0));
        Assert.True(reader.GetInt64(1) > 1_000, $"{reader.GetInt64(1)} look-ups by key: is anything counted?");
    }

    [Fact]
    public async Task Finds_an_instant_in_a_few_steps()
    {
        await using var database = NpgsqlDataSource.Create((await TestDatabase.CreateAsync(await SharedStack.GetAsync())).Migrator);
        var wallet = await FillAsync(database);
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();

        await ExecuteAsync(connection, WalletHistory.UntilSql, wallet, DateTimeOffset.UtcNow);

        await using var scans = new NpgsqlCommand(
            "SELECT idx_scan FROM pg_stat_xact_user_tables WHERE schemaname = 'ledger' AND relname = 'postings'", connection);
        Assert.InRange((long)(await scans.ExecuteScalarAsync())!, 10, 15);
    }

    /// <summary>One wallet that all transfers leave, so that its history is as long as the ledger.</summary>
    private static async Task<Guid> FillAsync(NpgsqlDataSource database)
    {
        var begin = DateTimeOffset.UtcNow.AddDays(-1);
        Account[] accounts =
            [.. Enumerable.Range(0, 3).Select(_ => Account.OfWallet(Guid.CreateVersion7(), Guid.CreateVersion7(), Euro, begin))];
        await using (var insert = AccountRows.Insert(accounts))
        {
            insert.Connection = await database.OpenConnectionAsync();
            await insert.ExecuteNonQueryAsync();
            await insert.Connection.DisposeAsync();
        }

        await using var session = await LedgerSession.Open(database, default);
        await session.Execute([Movement.Deposit(Guid.CreateVersion7(), null, accounts[0].Id, Money.Of(1_000_000, Euro), null)]);
        foreach (var group in Enumerable.Range(0, Transfers).Chunk(1_000))
        {
            var outcomes = await session.Execute([.. group.Select(number =>
            {
                var id = Guid.CreateVersion7();
                return Movement.Transfer(
                    id, accounts[0].OwnerId!.Value, [new Leg(id, accounts[0].Id, accounts[1 + (number % 2)].Id, Money.Of(1, Euro), null)]);
            })]);
            Assert.All(outcomes, outcome => Assert.Null(outcome.Error));
        }

        return accounts[0].Id;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
        }
    }
}
