using Npgsql;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;
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
    public async Task Plans_the_statements_of_a_long_history_once()
    {
        await using var database = NpgsqlDataSource.Create((await TestDatabase.CreateAsync(await SharedStack.GetAsync())).Migrator);
        var wallet = await FillAsync(database);
        await using var connection = await database.OpenConnectionAsync();
        await ExecuteAsync(connection, "ANALYZE ledger.accounts, ledger.journals, ledger.postings");
        foreach (var (sql, values) in ((string, object[])[])
            [
                (WalletHistory.BeforeSql, [wallet, 2_000L, 21]),
                (WalletHistory.BetweenSql, [wallet, 1_000L, 1_100L, 1_000]),
                (WalletHistory.LastSql, [new[] { wallet }, 3]),
                (WalletHistory.UntilSql, [wallet, DateTimeOffset.UtcNow]),
            ])
        {
            await using var command = new NpgsqlCommand(sql, connection).With(values);
            await command.PrepareAsync();
            // PostgreSQL plans the first five uses for their values.
            for (var n = 0; n < 7; n++)
                await command.ExecuteNonQueryAsync();

            await using var plans = new NpgsqlCommand(
                "SELECT custom_plans FROM pg_prepared_statements ORDER BY prepare_time DESC LIMIT 1", connection);
            Assert.Equal(5L, await plans.ExecuteScalarAsync());
        }
    }

    [Theory]
    [InlineData("n * interval '7 s' + hashint4(n) % 1000 * interval '3 ms'", 9)]
    [InlineData("n / 50 * interval '1 hour' + n * interval '1 ms'", 20)]
    [InlineData("n / 50 * interval '1 hour'", 20)]
    [InlineData("interval '0'", 2)]
    public async Task Finds_every_instant_in_a_few_steps(string recordedAt, int atMost)
    {
        const int versions = 600;
        await using var database = NpgsqlDataSource.Create((await TestDatabase.CreateAsync(await SharedStack.GetAsync())).Migrator);
        var account = Account.OfWallet(Guid.CreateVersion7(), Guid.CreateVersion7(), Euro, DateTimeOffset.UtcNow);
        await using var connection = await database.OpenConnectionAsync();
        await using (var insert = AccountRows.Insert([account]))
        {
            insert.Connection = connection;
            await insert.ExecuteNonQueryAsync();
        }

        await ExecuteAsync(connection, $"UPDATE ledger.accounts SET version = {versions} WHERE id = $1", account.Id);
        await ExecuteAsync(
            connection,
            $"""
            INSERT INTO ledger.postings
            SELECT $1, n, gen_random_uuid(), 1, n, 0, timestamptz '2026-01-01' + {recordedAt} FROM generate_series(1, {versions}) n
            """,
            account.Id);

        // Each instant at which something was recorded, the one before it and the one after it.
        await using var wrong = new NpgsqlCommand(
            """
            SELECT count(*) FILTER (WHERE ledger.version_at($1, at) <> rightly), count(*) FROM (
                SELECT DISTINCT p.recorded_at + near * interval '1 microsecond' AS at
                FROM ledger.postings p CROSS JOIN generate_series(-1, 1) near WHERE p.account_id = $1) asked
            CROSS JOIN LATERAL (
                SELECT coalesce(max(account_version), 0) AS rightly FROM ledger.postings
                WHERE account_id = $1 AND recorded_at <= at) brute
            """,
            connection)
        { Parameters = { new NpgsqlParameter<Guid> { TypedValue = account.Id } } };
        await using (var reader = await wrong.ExecuteReaderAsync())
        {
            await reader.ReadAsync();
            Assert.Equal(0, reader.GetInt64(0));
            Assert.InRange(reader.GetInt64(1), 3, 3 * versions);
        }

        // The counts of a connection that has done nothing else.
        await using var counted = await database.OpenConnectionAsync();
        await using var transaction = await counted.BeginTransactionAsync();
        await ExecuteAsync(counted, "SELECT ledger.version_at($1, timestamptz '2026-01-01 00:40:00')", account.Id);
        await using var scans = new NpgsqlCommand(
            "SELECT idx_scan FROM pg_stat_xact_user_tables WHERE schemaname = 'ledger' AND relname = 'postings'", counted);
        Assert.InRange((long)(await scans.ExecuteScalarAsync())!, 1, atMost);
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
            var results = await session.Execute([.. group.Select(number =>
            {
                var id = Guid.CreateVersion7();
                return Movement.Transfer(
                    id, accounts[0].OwnerId!.Value, [new Leg(id, accounts[0].Id, accounts[1 + (number % 2)].Id, Money.Of(1, Euro), null)]);
            })]);
            Assert.All(results, result => Assert.Null(result.Error));
        }

        return accounts[0].Id;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection).With(values);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
        }
    }
}
