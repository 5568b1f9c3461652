using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Portico.Domain.Users;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.Ledger;
using Portico.Migrator;
using Portico.Migrator.Commands;
using Portico.Testing;

namespace Portico.IntegrationTests.Ledger;

/// <summary>A ledger with something of everything in it, in an application of its own.</summary>
public sealed class VerifiedLedger : IAsyncLifetime
{
    public const string Name = "verified ledger";

    /// <summary>Gives the one to the classes of the collection.</summary>
    [CollectionDefinition(Name)]
    public sealed class Definition : ICollectionFixture<VerifiedLedger>;

    public PorticoApp App { get; private set; } = null!;

    /// <summary>What debit and credit were before any test.</summary>
    public JsonElement TrialBalance { get; private set; }

    /// <summary>The ids that corruptions name, by what they are.</summary>
    public IDictionary<string, string> Ids { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public async Task InitializeAsync()
    {
        // Several blocks of some journals.
        App = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings = { ["HashChain:SealInterval"] = "00:00:00.05", ["HashChain:MaxBlock"] = "3" },
        });
        var manager = await App.ManagerAsync();
        var (ada, bob) = (await App.SignUpAsync(), await App.SignUpAsync());
        var (from, to) = (await ada.OpenWalletWithAsync(App, manager, "100.00"), await bob.OpenWalletAsync());
        await bob.OpenWalletWithAsync(App, manager, "0.000000000000000005", "ETH");
        (Ids["from"], Ids["to"]) = ($"{from}", $"{to}");
        Ids["transfer"] = (await ada.TransferAsync(App, from, to, "10.00")).Text("id");
        Ids["second"] = (await ada.TransferAsync(App, from, to, "2.00")).Text("id");
        Ids["reversal"] = (
            await manager.PostAsync(App, $"transfers/{Ids["transfer"]}/reverse", new { amount = LedgerPeople.Money("4.00") })
                .Json(HttpStatusCode.Created))
            .Text("id");
        Ids["hold"] = $"{await ada.PlaceHoldAsync(App, from, to, "20.00")}";
        await ada.PostAsync(App, $"holds/{Ids["hold"]}/capture", new { amount = LedgerPeople.Money("5.00") }).Json(HttpStatusCode.OK);
        Ids["voided"] = $"{await ada.PlaceHoldAsync(App, from, to, "3.00")}";
        await ada.PostAsync(App, $"holds/{Ids["voided"]}/void", null).Json(HttpStatusCode.OK);
        Ids["exchange"] = $"{await ada.ExchangeAsync(App, manager, from, await ada.OpenWalletAsync("USD"), "1.00")}";
        Ids["closed"] = $"{await ada.OpenWalletAsync()}";
        await ada.TransferAsync(App, from, to, "1.00");
        await Eventually.Holds(
            async () => await App.Database.TextAsync(
                "SELECT (SELECT count(*) FROM ledger.journals) - (SELECT count(*) FROM ledger.block_journals)") == "0",
            "every journal is sealed");
        TrialBalance = await (await App.SignUpAsync(Role.Admin)).GetAsync("/api/v1/ledger/trial-balance").Json(HttpStatusCode.OK);
        Ids["top"] = await App.Database.TextAsync("SELECT max(height) FROM ledger.blocks");
    }

    public Task DisposeAsync() => App.DisposeAsync().AsTask();

    /// <summary>The database as the superuser, whom nothing stops.</summary>
    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(App.Database.Superuser);
        await connection.OpenAsync();
        return connection;
    }

    public string Named(string text) =>
        Ids.Aggregate(text, (filled, id) => filled.Replace($"{{{id.Key}}}", id.Value, StringComparison.Ordinal));
}

[Collection(VerifiedLedger.Name)]
public sealed class LedgerVerificationTests(VerifiedLedger ledger)
{
    private static readonly (string Table, string Trigger)[] Guards =
    [
        ("ledger.journals", "journals_append_only"), ("ledger.postings", "postings_append_only"),
        ("ledger.exchanges", "exchanges_append_only"), ("ledger.blocks", "blocks_append_only"),
        ("ledger.block_journals", "block_journals_append_only"), ("ledger.chain_keys", "chain_keys_stay"),
    ];

    [Fact]
    public async Task Finds_nothing_in_a_ledger_that_was_only_written_by_itself()
    {
        await using var connection = await ledger.OpenAsync();
        List<LedgerProgress> progress = [];

        var found = (await LedgerVerification.VerifyAsync(connection, progress.Add, default)).Value;

        Assert.All(found.Checks, check => Assert.True(check.Clean, $"{check.Name}: {check.FirstWrong}"));
        Assert.True(found is { Clean: true, Journals: > 8, Postings: > 14, Blocks: > 3 });
        Assert.Equal(progress.OrderBy(at => at.Done), progress);
        Assert.Equal(progress[^1].Total, progress[^1].Done);
    }

    /// <summary>
    /// Each case is a change that nothing but a superuser can make, the check that must fail and the row that it must name.
    /// </summary>
    [Theory]
    [InlineData("DELETE FROM ledger.postings WHERE account_id = '{from}' AND account_version = 2", "versions", "{from} version 3")]
    [InlineData(
        "UPDATE ledger.postings SET posted_after = posted_after + 1 WHERE account_id = '{from}' AND account_version = 3",
        "balances", "{from} version 3")]
    [InlineData(
        "UPDATE ledger.postings SET held_after = held_after + 1 WHERE account_id = '{from}' AND account_version = 5",
        "heldBalances", "{from} version 5")]
    [InlineData(
        "UPDATE ledger.postings SET recorded_at = '2020-01-01' WHERE account_id = '{from}' AND account_version = 3",
        "order", "{from} version 3")]
    [InlineData(
        "UPDATE ledger.postings SET amount = amount + 1 WHERE account_id = '{to}' AND account_version = 1",
        "journalFit", "{to} version 1")]
    [InlineData(
        "UPDATE ledger.postings SET journal_id = '{second}' WHERE account_id = '{to}' AND account_version = 1",
        "journalFit", "{to} version 1")]
    [InlineData("UPDATE ledger.journals SET amount = amount + 1 WHERE id = '{transfer}'", "journalFit", "version ")]
    [InlineData("UPDATE ledger.journals SET currency = 'USD' WHERE id = '{transfer}'", "journalFit", "version ")]
    [InlineData("DELETE FROM ledger.journals WHERE id = '{second}'", "journalFit", "version ")]
    [InlineData("DELETE FROM ledger.postings WHERE journal_id = '{second}'", "journals", "{second}")]
    [InlineData("DELETE FROM ledger.postings WHERE journal_id = '{second}' AND account_id = '{to}'", "journals", "{second}")]
    [InlineData(
        "INSERT INTO ledger.postings SELECT account_id, 99, journal_id, amount, posted_after + amount, held_after, recorded_at "
        + "FROM ledger.postings WHERE journal_id = '{second}' AND account_id = '{to}'",
        "journals",
        "{second}")]
    [InlineData("UPDATE ledger.accounts SET posted = posted + 1 WHERE id = '{from}'", "accounts", "{from}")]
    [InlineData("UPDATE ledger.accounts SET version = version + 1 WHERE id = '{from}'", "accounts", "{from}")]
    [InlineData("UPDATE ledger.accounts SET recorded_at = recorded_at + interval '1 second' WHERE id = '{from}'", "accounts", "{from}")]
    [InlineData("DELETE FROM ledger.accounts WHERE id = '{to}'", "accounts", "{to}")]
    [InlineData("UPDATE ledger.accounts SET posted = posted + 1 WHERE id = '{from}'", "currencies", "EUR")]
    [InlineData(
        "ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_available; "
        + "UPDATE ledger.accounts SET min_available = posted WHERE id = '{from}'",
        "limits",
        "{from}")]
    [InlineData(
        "ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_closed_empty; "
        + "UPDATE ledger.accounts SET status = 'closed' WHERE id = '{from}'",
        "limits",
        "{from}")]
    [InlineData("UPDATE ledger.accounts SET held = held - 1 WHERE id = '{from}'", "holds", "{from}")]
    [InlineData("UPDATE ledger.holds SET status = 'voided' WHERE id = '{hold}'", "holds", "{from}")]
    [InlineData("UPDATE ledger.holds SET captured = captured + 1 WHERE id = '{hold}'", "captures", "{hold}")]
    [InlineData("UPDATE ledger.holds SET amount = amount + 1 WHERE id = '{hold}'", "captures", "{hold}")]
    [InlineData("UPDATE ledger.holds SET status = 'open' WHERE id = '{voided}'", "captures", "{voided}")]
    [InlineData("UPDATE ledger.holds SET version = version + 1 WHERE id = '{voided}'", "captures", "{voided}")]
    [InlineData("DELETE FROM ledger.holds WHERE id = '{voided}'", "captures", "{voided}")]
    [InlineData("UPDATE ledger.journals SET amount = 100000 WHERE id = '{reversal}'", "reversals", "{reversal}")]
    [InlineData("UPDATE ledger.journals SET reverses_id = '{hold}' WHERE id = '{reversal}'", "reversals", "{reversal}")]
    [InlineData(
        "UPDATE ledger.journals SET source_id = destination_id, destination_id = source_id WHERE id = '{reversal}'",
        "reversals", "{reversal}")]
    [InlineData("UPDATE ledger.exchanges SET sold = sold + 1 WHERE id = '{exchange}'", "exchanges", "{exchange}")]
    [InlineData("UPDATE ledger.exchanges SET bought = bought + 1 WHERE id = '{exchange}'", "exchanges", "{exchange}")]
    [InlineData("UPDATE ledger.exchanges SET fee = fee + 1 WHERE id = '{exchange}'", "exchanges", "{exchange}")]
    [InlineData("UPDATE ledger.exchanges SET rounded = rounded + 1 WHERE id = '{exchange}'", "exchanges", "{exchange}")]
    [InlineData("UPDATE ledger.exchanges SET bought_currency = 'JPY' WHERE id = '{exchange}'", "exchanges", "{exchange}")]
    [InlineData("DELETE FROM ledger.exchanges WHERE id = '{exchange}'", "exchanges", "{exchange}")]
    [InlineData(
        "UPDATE ledger.journals SET kind = 'transfer' WHERE operation_id = '{exchange}' AND kind = 'fee'", "exchanges", "{exchange}")]
    [InlineData("UPDATE wallets SET currency = 'USD' WHERE id = '{closed}'", "wallets", "{closed}")]
    [InlineData("DELETE FROM ledger.accounts WHERE id = '{closed}'", "wallets", "{closed}")]
    [InlineData("DELETE FROM wallets WHERE id = '{closed}'", "wallets", "{closed}")]
    [InlineData("UPDATE ledger.idempotency SET outcome = '{\"journals\":[\"{second}\"]}' WHERE outcome LIKE '%{transfer}%'", "keys", " ")]
    [InlineData("UPDATE ledger.idempotency SET outcome = '{\"journals\":[\"nonsense\"]}' WHERE outcome LIKE '%{transfer}%'", "keys", " ")]
    [InlineData("DELETE FROM ledger.block_journals WHERE journal_id = '{transfer}'", "sealed", "{transfer}")]
    [InlineData("UPDATE ledger.block_journals SET height = 1000 WHERE journal_id = '{transfer}'", "members", "{transfer}")]
    [InlineData("DELETE FROM ledger.blocks WHERE height = {top}", "heads", "{top}")]
    [InlineData("DELETE FROM ledger.blocks WHERE height = 2", "blocks", "2")]
    [InlineData("UPDATE ledger.chain_keys SET public_key = sha256(public_key)", "blocks", "")]
    [InlineData("UPDATE ledger.blocks SET root = previous_hash WHERE height = 2", "blocks", "2")]
    [InlineData("UPDATE ledger.journals SET description = 'another' WHERE id = '{transfer}'", "leaves", "{transfer}")]
    [InlineData("UPDATE ledger.block_journals SET position = position + 1 WHERE journal_id = '{transfer}'", "leaves", "{transfer}")]
    [InlineData("ALTER TABLE ledger.blocks DISABLE TRIGGER blocks_append_only", "guards", "ledger.blocks blocks_append_only")]
    [InlineData("ALTER TABLE ledger.postings DISABLE TRIGGER postings_append_only", "guards", "ledger.postings postings_append_only")]
    [InlineData("DROP TRIGGER journals_append_only ON ledger.journals", "guards", "ledger.journals journals_append_only")]
    public async Task Names_the_first_row_that_is_wrong(string change, string check, string row)
    {
        await using var connection = await ledger.OpenAsync();
        // Rolled back in the end, so that each case finds the ledger as it was.
        await using var transaction = await connection.BeginTransactionAsync();
        var changed = change.Contains("TRIGGER", StringComparison.Ordinal) ? 1 : await ExecuteAsync(
            connection,
            $"""
            {string.Concat(Guards.Select(guard => $"ALTER TABLE {guard.Table} DISABLE TRIGGER {guard.Trigger}; "))}
            {ledger.Named(change)};
            {string.Join("; ", Guards.Select(guard => $"ALTER TABLE {guard.Table} ENABLE TRIGGER {guard.Trigger}"))}
            """);
        if (change.Contains("TRIGGER", StringComparison.Ordinal))
            await ExecuteAsync(connection, change);
        Assert.True(changed > 0, "The case changes nothing.");

        var found = await LedgerVerification.JudgeAsync(connection, _ => { }, default);

        Assert.False(found.Clean);
        var wrong = found.Checks.Single(one => one.Name == check).FirstWrong;
        Assert.True(wrong is not null, $"Only {string.Join(", ", found.Checks.Where(one => !one.Clean).Select(one => one.Name))}");
        Assert.Contains(ledger.Named(row), wrong.Row, StringComparison.Ordinal);
        Assert.NotEmpty(wrong.Problem);
    }

    [Fact]
    public void Tries_to_break_every_promise()
    {
        var broken = typeof(LedgerVerificationTests).GetMethod(nameof(Names_the_first_row_that_is_wrong))!
            .GetCustomAttributesData().Where(data => data.AttributeType == typeof(InlineDataAttribute))
            .Select(data => (IReadOnlyList<System.Reflection.CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!)
            .Select(arguments => (string)arguments[1].Value!);

        Assert.Empty(
            LedgerChecks.OfPostings.Select(check => check.Name)
                .Concat(LedgerChecks.Others.Select(check => check.Name))
                .Concat(ChainVerification.Checks.Select(check => check.Name))
                .Except(broken, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Is_for_administrators()
    {
        var admin = await ledger.App.SignUpAsync(Role.Admin);
        var manager = await ledger.App.SignUpAsync(Role.Manager);

        var found = await admin.GetAsync("/api/v1/ledger/verification").Json(HttpStatusCode.OK);
        Assert.True(found.GetProperty("clean").GetBoolean(), found.ToString());
        Assert.Equal(
            LedgerChecks.OfPostings.Count + LedgerChecks.Others.Count + ChainVerification.Checks.Count,
            found.GetProperty("checks").GetArrayLength());
        foreach (var path in (string[])["verification", "trial-balance"])
        {
            await manager.GetAsync($"/api/v1/ledger/{path}").Problem(HttpStatusCode.Forbidden, "forbidden");
            await ledger.App.Client.GetAsync($"/api/v1/ledger/{path}").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        }
    }

    [Fact]
    public void Adds_up_debit_and_credit_of_each_currency()
    {
        var balance = ledger.TrialBalance;

        Assert.True(balance.GetProperty("balanced").GetBoolean());
        var currencies = balance.GetProperty("currencies").EnumerateArray().ToDictionary(sums => sums.Text("currency"));
        Assert.Equal(["ETH", "EUR", "USD"], currencies.Keys);
        Assert.Equal("0.000000000000000005", currencies["ETH"].GetProperty("credit").Text("amount"));
        Assert.Equal("100.00", currencies["EUR"].GetProperty("debit").Text("amount"));
        Assert.Equal("1.08", currencies["USD"].GetProperty("debit").Text("amount"));
        var kinds = currencies["EUR"].GetProperty("accounts").EnumerateArray().ToDictionary(sums => sums.Text("kind"));
        Assert.Equal(["wallet", "cash", "liquidity", "fees"], kinds.Keys);
        Assert.Equal(
            ("0.99", "0.01"),
            (kinds["liquidity"].GetProperty("credit").Text("amount"), kinds["fees"].GetProperty("credit").Text("amount")));
        Assert.Equal(
            ("99.00", "15.00"),
            (kinds["wallet"].GetProperty("credit").Text("amount"), kinds["wallet"].GetProperty("held").Text("amount")));
        Assert.Equal("100.00", kinds["cash"].GetProperty("debit").Text("amount"));
    }

    [Fact]
    public async Task Runs_once_at_a_time()
    {
        await using var first = await ledger.OpenAsync();
        await using var second = await ledger.OpenAsync();

        Portico.Domain.Common.Error? error = null;
        await LedgerVerification.VerifyAsync(
            first, _ => error ??= LedgerVerification.VerifyAsync(second, _ => { }, default).GetAwaiter().GetResult().Error, default);

        Assert.Equal("verification_running", error?.Code);
        Assert.True((await LedgerVerification.VerifyAsync(second, _ => { }, default)).Value.Clean);
    }

    [Fact]
    public async Task Is_a_command_of_the_Migrator_for_people_and_for_machines()
    {
        var (exitCode, output, remarks) = await MigrateAsync(ledger.App.Database.Settings(), "ledger", "verify");
        Assert.True(exitCode == 0, remarks);
        Assert.Contains("clean", output, StringComparison.Ordinal);
        Assert.Contains("100 % done", remarks, StringComparison.Ordinal);

        (exitCode, output, _) = await MigrateAsync(ledger.App.Database.Settings(), "ledger", "verify", "--json");
        Assert.Equal(0, exitCode);
        Assert.True(JsonSerializer.Deserialize<JsonElement>(output).GetProperty("ledger").GetProperty("clean").GetBoolean());

        var away = ledger.App.Database.Settings();
        away["ConnectionStrings:Migrator"] =
            new NpgsqlConnectionStringBuilder(ledger.App.Database.Migrator) { Port = DevStack.Ports.Free() }.ConnectionString;
        (exitCode, _, remarks) = await MigrateAsync(away, "ledger", "verify", "--connect-timeout", "100ms");
        Assert.Equal(1, exitCode);
        Assert.Contains("cannot be reached", remarks, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compares_the_chain_with_heads_that_were_kept_elsewhere()
    {
        var file = Path.Combine(ledger.App.Stack.Folder, $"heads-{Guid.NewGuid():N}.json");
        var manager = await ledger.App.SignUpAsync(Role.Manager);
        await Eventually.Holds(async () => await SaveAsync(), "the chain has heads");
        var other = (await TestDatabase.CreateAsync(ledger.App.Stack)).Settings();

        var (same, output, remarks) = await MigrateAsync(ledger.App.Database.Settings(), "ledger", "verify", "--heads", file);
        Assert.True(same == 0, remarks);
        Assert.Matches("kept +clean", output);

        // A chain that was removed, or signed again from its beginning, is consistent in itself.
        var (removed, found, _) = await MigrateAsync(other, "ledger", "verify", "--heads", file, "--json");
        Assert.Equal(5, removed);
        var wrong = Assert.Single(
            JsonSerializer.Deserialize<JsonElement>(found).GetProperty("ledger").GetProperty("checks").EnumerateArray(),
            check => !check.GetProperty("clean").GetBoolean());
        Assert.Equal("kept", wrong.Text("name"));
        Assert.Equal("height 1", wrong.GetProperty("firstWrong").Text("row"));
        Assert.EndsWith("there is no such block.", wrong.GetProperty("firstWrong").Text("problem"), StringComparison.Ordinal);

        await File.WriteAllTextAsync(
            file, (await File.ReadAllTextAsync(file)).Replace("\"journals\":", "\"journals\":1", StringComparison.Ordinal));
        (same, _, remarks) = await MigrateAsync(ledger.App.Database.Settings(), "ledger", "verify", "--heads", file);
        Assert.Equal(1, same);
        Assert.Contains("is not signed by its key", remarks, StringComparison.Ordinal);

        async Task<bool> SaveAsync()
        {
            var heads = await manager.GetAsync("/api/v1/ledger/heads?limit=100").Json(HttpStatusCode.OK);
            await File.WriteAllTextAsync(file, heads.GetRawText());
            return heads.GetProperty("items").GetArrayLength() > 0;
        }
    }

    [Fact]
    public async Task Ends_the_Migrator_with_5_when_a_row_is_wrong()
    {
        var database = await TestDatabase.CreateAsync(ledger.App.Stack);
        await database.ExecuteAsOwnerAsync("UPDATE ledger.accounts SET posted = 7 WHERE kind = 'cash' AND currency = 'EUR'");

        var (exitCode, output, remarks) = await MigrateAsync(database.Settings(), "ledger", "verify");

        Assert.Equal(5, exitCode);
        Assert.Contains("The balance is 7, and the postings add up to 0.", output, StringComparison.Ordinal);
        Assert.Contains("accounts, currencies", remarks, StringComparison.Ordinal);
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteNonQueryAsync();
    }

    private static async Task<(int ExitCode, string Output, string Remarks)> MigrateAsync(
        IDictionary<string, string?> settings, params string[] args)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var exitCode = await MigratorApp.RunAsync(
            args, new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), output, error, default);
        return (exitCode, output.ToString(), error.ToString());
    }
}
