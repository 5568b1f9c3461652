using System.Globalization;
using System.Text.Json;
using Npgsql;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.SigningKeys;
using Portico.Testing;

namespace Portico.IntegrationTests.Ledger;

/// <summary>Seals databases of their own, without an application.</summary>
[Trait("Category", Campaign.Category)]
public sealed class BlockSealerTests : IAsyncLifetime
{
    private const int Wallets = 6;
    // The default of BRIN indexes.
    private const int RangePages = 128;
    private const string SealerName = "sealer";
    private static readonly Currency Euro = Currency.Of("EUR");
    private static readonly string[] ChainChecks = ["sealed", "members", "heads", "blocks", "leaves"];

    private readonly Guid[] _wallets = [.. Enumerable.Range(0, Wallets).Select(_ => Guid.CreateVersion7())];
    private readonly Guid _owner = Guid.CreateVersion7();
    private readonly CommittedJournals _committed = new(new HashChainSettings());
    private TestDatabase _test = null!;
    private NpgsqlDataSource _database = null!;

    public async Task InitializeAsync()
    {
        _test = await TestDatabase.CreateAsync(await SharedStack.GetAsync());
        _database = NpgsqlDataSource.Create(_test.Portico);
        await using var insert = AccountRows.Insert([.. _wallets.Select(id => Account.OfWallet(id, _owner, Euro, DateTimeOffset.UtcNow))]);
        await using var connection = await _database.OpenConnectionAsync();
        insert.Connection = connection;
        await insert.ExecuteNonQueryAsync();
        await using var session = await LedgerSession.Open(_database, default);
        await session.Execute(
            [.. _wallets.Select(id => Movement.Deposit(Guid.CreateVersion7(), null, id, Money.Of(1_000, Euro), null))]);
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task A_transaction_that_commits_late_is_sealed_too()
    {
        await using var connection = await _database.OpenConnectionAsync();
        var sealer = Sealer();
        await SealAll(sealer, connection);
        await using var late = await _database.OpenConnectionAsync();
        await using var transaction = await late.BeginTransactionAsync();
        await Transfer(late, _wallets[0], _wallets[1]);
        // Later, and committed first.
        await using (var other = await _database.OpenConnectionAsync())
            await Transfer(other, _wallets[2], _wallets[3]);

        var held = await SealWhatIsReady(sealer, connection);
        await transaction.CommitAsync();
        await SealAll(sealer, connection);

        Assert.Equal(0, held.Journals);
        Assert.NotNull(held.Oldest);
        await IsRight(Wallets + 2);
    }

    [Fact]
    public async Task Journals_of_before_the_chain_are_sealed_in_blocks_of_the_allowed_size()
    {
        await Change("UPDATE ledger.journals SET transaction_id = NULL");
        await using var connection = await _database.OpenConnectionAsync();
        var sealer = Sealer(maxBlock: 4);

        await SealAll(sealer, connection);
        await Transfer(connection, _wallets[0], _wallets[1]);
        await SealAll(sealer, connection);

        Assert.Equal("4,2,1", await _test.TextAsync("SELECT string_agg(journals::text, ',' ORDER BY height) FROM ledger.blocks"));
        await IsRight(Wallets + 1);
    }

    [Fact]
    public async Task A_backlog_between_many_other_transactions_is_sealed_in_blocks_that_are_more_than_half_full()
    {
        await using var connection = await _database.OpenConnectionAsync();
        var sealer = Sealer(maxBlock: 4);
        await SealAll(sealer, connection);
        var before = await _test.TextAsync("SELECT count(*) FROM ledger.blocks");
        for (var i = 0; i < 9; i++)
        {
            // The first range of transactions that the sealer reads ends before the fourth transfer.
            if (i == 3)
                await Change("DO $$ BEGIN FOR i IN 1..20000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
            await Transfer(connection, _wallets[i % Wallets], _wallets[(i + 1) % Wallets]);
        }

        // Other tests share the cluster, and what was written after the begin of one of their transactions is sealed after its end.
        await Eventually.Holds(
            async () => await _test.TextAsync(
                "SELECT max(transaction_id) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM ledger.journals") == "True",
            "no older transaction runs");
        await SealAll(sealer, connection);

        var blocks = await _test.TextAsync(
            $"SELECT string_agg(journals::text, ',' ORDER BY height) FROM ledger.blocks WHERE height > {before}");
        Assert.All(blocks.Split(',')[..^1], journals => Assert.InRange(int.Parse(journals, CultureInfo.InvariantCulture), 3, 4));
        await IsRight(Wallets + 9);
    }

    [Fact]
    public async Task A_receipt_is_right_however_many_postings_of_an_account_have_its_time()
    {
        await using var connection = await _database.OpenConnectionAsync();
        await Transfer(connection, _wallets[0], _wallets[1]);
        var journal = await _test.ScalarAsync<Guid>("SELECT id FROM ledger.journals WHERE kind = 'transfer'");
        await SealAll(Sealer(), connection);
        // As after a clock was put back: an account never has a time before its last one.
        await Change(
            $"""
            INSERT INTO ledger.postings (account_id, account_version, journal_id, amount, posted_after, held_after, recorded_at)
            SELECT id, version + n, gen_random_uuid(), 0, posted, held, recorded_at
            FROM ledger.accounts, generate_series(1, 100001) n WHERE id = '{_wallets[0]}';
            UPDATE ledger.accounts SET version = version + 100001 WHERE id = '{_wallets[0]}'
            """);

        var receipt = await new ChainReader(_database).FindReceipt(journal, default);

        Assert.NotNull(receipt);
        Assert.Null(ReceiptVerification.Check(receipt));
    }

    [Fact]
    public async Task A_database_that_moved_to_another_cluster_is_sealed_on()
    {
        await using var connection = await _database.OpenConnectionAsync();
        await SealAll(Sealer(), connection);
        await Transfer(connection, _wallets[0], _wallets[1]);
        // As after a restore: other blocks, and transactions that this cluster does not reach for long or reaches soon.
        await Change("UPDATE ledger.journals SET transaction_id = transaction_id + CASE WHEN kind = 'deposit' THEN 3 ELSE 1000000000 END");
        await Change("TRUNCATE ledger.block_journals; TRUNCATE ledger.blocks; DELETE FROM outbox WHERE aggregate_type = 'HashChain'");
        await SealAll(Sealer(maxBlock: 3), connection);
        await Change("UPDATE ledger.blocks SET system_id = 1");

        var sealer = Sealer(maxBlock: 3);
        for (var n = 0; n < 5; n++)
        {
            await Transfer(connection, _wallets[n], _wallets[n + 1]);
            await SealAll(sealer, connection);
            // Another process, which has not looked through all journals.
            await Transfer(connection, _wallets[n], _wallets[n + 1]);
            await SealAll(Sealer(maxBlock: 3), connection);
        }

        var count = await _test.TextAsync("SELECT count(*) FROM ledger.block_journals");
        Assert.Equal(await _test.TextAsync("SELECT count(*) FROM ledger.journals"), count);
        Assert.Equal($"{Wallets + 11}", count);
        Assert.Equal("1", await _test.TextAsync("SELECT count(*) FROM ledger.blocks b, pg_control_system() c "
            + "WHERE b.height = (SELECT max(height) FROM ledger.blocks) AND b.system_id = c.system_identifier "
            + "AND b.up_to_transaction IS NOT NULL"));
    }

    [Fact]
    public async Task What_this_process_committed_is_sealed_as_the_database_has_it_and_not_read()
    {
        await using var connection = await _database.OpenConnectionAsync();
        await using var session = await LedgerSession.Open(_database, default);
        var (transfer, hold, voided) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        Instruction[][] groups =
        [
            [
                Movement.Transfer(
                    transfer, _owner, [new Leg(transfer, _wallets[0], _wallets[1], Money.Of(12.34m, Euro), "Обед “für zwei” 🍜\\ \"")]),
                Movement.Withdrawal(Guid.CreateVersion7(), null, _wallets[2], Money.Of(1_000, Euro), ""),
            ],
            [
                new Reservation(_wallets[3], _wallets[4], Money.Of(20, Euro), DateTimeOffset.UtcNow.AddDays(1), null)
                {
                    Id = hold,
                    By = _owner,
                },
                new Reservation(_wallets[3], _wallets[4], Money.Of(1, Euro), DateTimeOffset.UtcNow.AddDays(1), "x")
                {
                    Id = voided,
                    By = _owner,
                },
            ],
            [
                new Capture(hold, Money.Of(7.5m, Euro)) { Id = Guid.CreateVersion7() },
                new Release(voided, Expired: false) { Id = Guid.CreateVersion7(), By = _owner },
                new Reversal(transfer, Money.Of(2, Euro), "half") { Id = Guid.CreateVersion7() },
            ],
        ];
        foreach (var group in groups)
        {
            Assert.All(await session.Execute(group), result => Assert.Null(result.Error));
            _committed.Add(session.Decision!.Journals, session.Decision.Postings);
            // Between them, what somebody else has committed.
            await Transfer(connection, _wallets[4], _wallets[5]);
        }

        await SealAll(Sealer(committed: _committed), connection);
        await IsRight(Wallets + 7 + groups.Length);

        await session.Execute([CentFrom(0, 1)]);
        _committed.Add(session.Decision!.Journals, session.Decision.Postings);
        await Change($"UPDATE ledger.journals SET description = 'changed' WHERE id = '{session.Decision.Journals[0].Id}'");
        await SealAll(Sealer(committed: _committed), connection);

        await using var superuser = new NpgsqlConnection(_test.Superuser);
        await superuser.OpenAsync();
        var found = (await LedgerVerification.VerifyAsync(superuser, _ => { }, default)).Value;
        var leaves = Assert.Single(found.Checks, check => check.Name == "leaves");
        Assert.Equal($"{session.Decision.Journals[0].Id}", leaves.FirstWrong?.Row);
    }

    [Fact]
    public async Task The_application_can_add_to_the_chain_and_change_nothing()
    {
        await using var connection = await _database.OpenConnectionAsync();
        await SealAll(Sealer(), connection);
        foreach (var table in (string[])["ledger.blocks", "ledger.block_journals"])
        {
            foreach (var statement in (string[])[$"DELETE FROM {table}", $"UPDATE {table} SET height = 7", $"TRUNCATE {table}"])
            {
                await using var owner = new NpgsqlConnection(_test.Superuser);
                await owner.OpenAsync();
                foreach (var who in (NpgsqlConnection[])[connection, owner])
                {
                    await using var command = new NpgsqlCommand(statement, who);
                    var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());
                    Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
                }
            }
        }
    }

    [Fact]
    public async Task A_block_does_not_read_again_what_was_written_before_it_and_waits_for_no_vacuum()
    {
        await using var connection = await _database.OpenConnectionAsync();
        var sealer = Sealer();
        await SealAll(sealer, connection);
        await using var vacuum = new NpgsqlConnection(_test.Superuser);
        await vacuum.OpenAsync();
        await using (var transaction = await vacuum.BeginTransactionAsync())
        {
            // The lock that a vacuum takes.
            await using var take = new NpgsqlCommand("LOCK ledger.journals, ledger.postings IN SHARE UPDATE EXCLUSIVE MODE", vacuum);
            await take.ExecuteNonQueryAsync();
            await using var session = await LedgerSession.Open(_database, default);
            for (var n = 0; n < 20; n++)
                await session.Execute([.. Enumerable.Range(0, 1_000).Select(i => CentFrom(i % Wallets, 1))]);
            await SealAll(sealer, connection);
            Assert.True(await PagesOf("ledger.journals WHERE transaction_id > 1000000000") >= RangePages);
            Assert.True(await PagesOf("ledger.postings WHERE recorded_at > 'infinity'") >= RangePages);
        }

        // A real vacuum may come too.
        await Eventually.Holds(
            async () =>
            {
                await SealAll(sealer, connection);
                return await PagesOf("ledger.journals WHERE transaction_id > 1000000000") < RangePages
                    && await PagesOf("ledger.postings WHERE recorded_at > 'infinity'") < RangePages
                    && await PagesOf("ledger.block_journals WHERE height > 1000000000") < RangePages;
            },
            "only the last range has no summary");
    }

    [Fact]
    public Task Sealers_that_race_and_die_make_no_fork_and_no_gap() => Campaign.Run(2, async seed =>
    {
        var random = new Random(seed);
        var before = long.Parse(await _test.TextAsync("SELECT count(*) FROM ledger.journals"));
        using var written = new CancellationTokenSource();
        var sealing = Enumerable.Range(0, 3)
            .Select(n => Task.Run(() => SealAndDie(1 + (n * 3), n == 0 ? _committed : null, written.Token)))
            .ToArray();
        var killing = Task.Run(() => Kill(random, written.Token));
        var groups = await Task.WhenAll(Enumerable.Range(0, 3).Select(n => Task.Run(() => Write(new Random((seed * 3) + n), groups: 25))));
        await written.CancelAsync();
        await Task.WhenAll([.. sealing, killing]);
        await using var connection = await _database.OpenConnectionAsync();
        await SealAll(Sealer(), connection);

        await IsRight(before + groups.Sum());
        var reader = new ChainReader(_database);
        foreach (var id in await Ids(random, 40))
        {
            var receipt = await reader.FindReceipt(id, default);
            Assert.NotNull(receipt);
            Assert.Null(await reader.Check(receipt, default));
        }
    });

    private static BlockSealer Sealer(int maxBlock = 4_096, CommittedJournals? committed = null) => new(
        new ChainKeys(new KeySealing(new TokenSettings { SealingKey = TestDatabase.SealingKey })),
        new HashChainSettings { MaxBlock = maxBlock },
        committed ?? new CommittedJournals(new HashChainSettings()));

    /// <summary>Seals what can be sealed now.</summary>
    /// <returns>How many journals that were, and what the last call said. There are several calls after a pass over all journals.</returns>
    private static async Task<SealedBlock> SealWhatIsReady(BlockSealer sealer, NpgsqlConnection connection)
    {
        var block = await sealer.Seal(connection, default);
        while (block.HasMore)
        {
            var next = await sealer.Seal(connection, default);
            block = next with { Journals = block.Journals + next.Journals };
        }

        return block;
    }

    private static async Task SealAll(BlockSealer sealer, NpgsqlConnection connection) => await Eventually.Holds(
        // A transaction of another test may hold the next block back.
        async () => (await SealWhatIsReady(sealer, connection)).Oldest is null,
        "all journals are sealed");

    /// <summary>Seals as a process does until its connection dies, and then as another process.</summary>
    private async Task SealAndDie(int maxBlock, CommittedJournals? committed, CancellationToken stop)
    {
        var settings = new NpgsqlConnectionStringBuilder(_test.Portico) { Pooling = false, ApplicationName = SealerName };
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(settings.ConnectionString);
                await connection.OpenAsync(default);
                var sealer = Sealer(maxBlock, committed);
                while (!stop.IsCancellationRequested)
                    await sealer.Seal(connection, default);
            }
            catch (Exception death) when (death is NpgsqlException or InvalidOperationException or IOException)
            {
                // Killed.
            }
        }
    }

    /// <summary>How many pages a query reads that finds nothing: those of ranges without a summary.</summary>
    private async Task<int> PagesOf(string rows)
    {
        await using var connection = await _database.OpenConnectionAsync();
        await using var explain = new NpgsqlCommand(
            $"SET enable_seqscan = off; EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM {rows}", connection);
        using var plan = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync())!);
        var heap = plan.RootElement[0].GetProperty("Plan");
        Assert.Equal("Bitmap Heap Scan", heap.GetProperty("Node Type").GetString());
        return heap.GetProperty("Lossy Heap Blocks").GetInt32();
    }

    private async Task Kill(Random random, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(_test.Superuser);
        await connection.OpenAsync(default);
        while (!stop.IsCancellationRequested)
        {
            await using var command = new NpgsqlCommand(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = $1 ORDER BY random() LIMIT 1
                """,
                connection)
            {
                Parameters = { new NpgsqlParameter<string> { TypedValue = SealerName } },
            };
            await command.ExecuteScalarAsync(default);
            await Task.Delay(random.Next(5, 60), CancellationToken.None);
        }
    }

    /// <summary>Writes groups of transfers, and gives how many journals they are.</summary>
    private async Task<long> Write(Random random, int groups)
    {
        await using var session = await LedgerSession.Open(_database, default);
        var journals = 0L;
        for (var n = 0; n < groups; n++)
        {
            Instruction[] group =
            [
                .. Enumerable.Range(0, random.Next(1, 9)).Select(_ => CentFrom(random.Next(Wallets), random.Next(1, Wallets))),
            ];
            while (true)
            {
                try
                {
                    await session.Execute(group);
                    _committed.Add(session.Decision!.Journals, session.Decision.Postings);
                    break;
                }
                catch (PostgresException lost) when (lost.SqlState is PostgresErrorCodes.SerializationFailure)
                {
                    // Another writer was first.
                }
            }

            journals += group.Length;
        }

        return journals;
    }

    private Movement CentFrom(int wallet, int step)
    {
        var id = Guid.CreateVersion7();
        return Movement.Transfer(
            id, _owner, [new Leg(id, _wallets[wallet], _wallets[(wallet + step) % Wallets], Money.OfMinorUnits(1, Euro), null)]);
    }

    /// <summary>Moves a cent in the transaction of a connection, with all rows of it.</summary>
    private static async Task Transfer(NpgsqlConnection connection, Guid from, Guid to)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH j AS (
                INSERT INTO ledger.journals (id, kind, source_id, destination_id, currency, amount, recorded_at)
                VALUES ($1, 'transfer', $2, $3, 'EUR', 1, now()) RETURNING *),
            moved AS (
                UPDATE ledger.accounts a SET posted = a.posted + CASE WHEN a.id = j.source_id THEN -1 ELSE 1 END,
                    version = a.version + 1, recorded_at = j.recorded_at
                FROM j WHERE a.id IN (j.source_id, j.destination_id) RETURNING a.*)
            INSERT INTO ledger.postings (account_id, account_version, journal_id, amount, posted_after, held_after, recorded_at)
            SELECT m.id, m.version, j.id, CASE WHEN m.id = j.source_id THEN -1 ELSE 1 END, m.posted, m.held, j.recorded_at FROM moved m, j
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7() },
                new NpgsqlParameter<Guid> { TypedValue = from },
                new NpgsqlParameter<Guid> { TypedValue = to },
            },
        };
        Assert.Equal(2, await command.ExecuteNonQueryAsync());
    }

    private async Task IsRight(long journals)
    {
        await using var connection = new NpgsqlConnection(_test.Superuser);
        await connection.OpenAsync();
        var found = (await LedgerVerification.VerifyAsync(connection, _ => { }, default)).Value;
        Assert.All(
            found.Checks.Where(check => ChainChecks.Contains(check.Name)),
            check => Assert.True(check.Clean, $"{check.Name}: {check.FirstWrong}"));
        Assert.Equal(
            $"{journals} {journals} {found.Blocks}",
            await _test.TextAsync(
                "SELECT concat_ws(' ', (SELECT count(*) FROM ledger.journals), (SELECT count(*) FROM ledger.block_journals), "
                + "(SELECT max(height) FROM ledger.blocks))"));
    }

    private async Task<Guid[]> Ids(Random random, int count)
    {
        await using var command = _database.CreateCommand("SELECT id FROM ledger.journals ORDER BY id");
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<Guid>();
        while (await reader.ReadAsync())
            ids.Add(reader.GetGuid(0));
        return random.GetItems([.. ids], count);
    }

    /// <summary>Changes the history, which only a superuser can do without its triggers.</summary>
    private async Task Change(string sql)
    {
        await using var connection = new NpgsqlConnection(_test.Superuser);
        await connection.OpenAsync();
        string[] tables = ["ledger.journals", "ledger.postings", "ledger.blocks", "ledger.block_journals"];
        await using var command = new NpgsqlCommand(
            string.Concat(tables.Select(table => $"ALTER TABLE {table} DISABLE TRIGGER USER; ")) + sql + "; "
                + string.Concat(tables.Select(table => $"ALTER TABLE {table} ENABLE TRIGGER USER; ")),
            connection);
        await command.ExecuteNonQueryAsync();
    }
}
