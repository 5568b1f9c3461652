using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Portico.Infrastructure.HashChain;
using Portico.Migrator;
using Portico.Testing;

namespace Portico.IntegrationTests.Ledger;

[Collection(VerifiedLedger.Name)]
public sealed class ReceiptTests(VerifiedLedger ledger)
{
    private static readonly string Script = Repository.File("docs/ledger/verify-receipt.mjs");

    private PorticoApp App => ledger.App;

    [Fact]
    public async Task Is_for_the_parties_and_shows_no_balance_of_the_other()
    {
        var (ada, bob, manager) = (await App.SignUpAsync(), await App.SignUpAsync(), await App.ManagerAsync());
        var (from, to) = (
            await ada.OpenWalletWithAsync(App, manager, "888888888.88"), await bob.OpenWalletWithAsync(App, manager, "777777777.77"));
        var transfer = (await ada.TransferAsync(App, from, to, "12.34", "Ünïcode 🙂")).Text("id");

        var receipt = await Receipt(ada, transfer);

        Assert.Equal(receipt.GetRawText(), (await Receipt(bob, transfer)).GetRawText());
        Assert.Equal(receipt.GetRawText(), (await Receipt(manager, transfer)).GetRawText());
        await (await App.SignUpAsync()).GetAsync($"/api/v1/transfers/{transfer}/receipt").Problem(HttpStatusCode.NotFound, "not_found");
        var sealedTransfer = receipt.GetProperty("transfer");
        Assert.Equal(
            (transfer, $"{from}", $"{to}", "1234", "EUR", "Ünïcode 🙂"),
            (
                sealedTransfer.Text("id"), sealedTransfer.Text("sourceId"), sealedTransfer.Text("destinationId"),
                sealedTransfer.Text("amount"), sealedTransfer.Text("currency"), sealedTransfer.Text("description")));
        // The balances after it, in minor units: too long to be a part of a time or of a hash by chance.
        Assert.DoesNotContain("88888887654", receipt.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("77777779011", receipt.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_valid_for_the_API_the_Migrator_and_a_script_and_a_changed_one_is_not()
    {
        var (ada, manager) = (await App.SignUpAsync(), await App.ManagerAsync());
        var (from, to) = (await ada.OpenWalletWithAsync(App, manager, "100.00"), await ada.OpenWalletAsync());
        await Receipt(ada, (await ada.TransferAsync(App, from, to, "1.00")).Text("id"));
        // Sealed together, so that the tree has some leaves.
        await using var sealer = await ledger.OpenAsync();
        await ExecuteAsync(sealer, $"SELECT pg_advisory_lock({BlockSealer.LockKey})");
        var transfer = (await ada.TransferAsync(App, from, to, "12.34", "Lunch")).Text("id");
        await ada.TransferAsync(App, from, to, "2.00");
        await ada.TransferAsync(App, from, to, "3.00");
        await AllCanBeSealed();
        await ExecuteAsync(sealer, $"SELECT pg_advisory_unlock({BlockSealer.LockKey})");
        var text = (await Receipt(ada, transfer)).GetRawText();
        var heads = await ada.GetAsync("/api/v1/ledger/heads").Json(HttpStatusCode.OK);
        Assert.NotEmpty(JsonNode.Parse(text)!["proof"]!.AsArray());
        using var folder = new TemporaryFolder();
        var (file, headsFile) = (folder.File("receipt.json"), folder.File("heads.json"));
        await File.WriteAllTextAsync(headsFile, heads.GetRawText());
        var key = heads.GetProperty("items")[0].Text("publicKey");

        Assert.Equal((null, 0, 0), await Verify(text, file, key));
        Assert.Equal((null, 0, 0), await Verify(text, file, headsFile));
        Assert.Equal((null, 5, 1), await Verify(text, file, Convert.ToBase64String(new byte[32]).Replace('/', '_').TrimEnd('=')));

        (string Path, JsonNode? Value, string Problem)[] changes =
        [
            ("transfer.amount", "1235", "proof"),
            ("transfer.description", null, "proof"),
            ("transfer.reversesId", transfer, "proof"),
            ("privateHash", new string('0', 64), "proof"),
            ("position", 1_000, "proof"),
            ("proof", new JsonArray(new string('0', 64)), "proof"),
            ("head.root", new string('0', 64), "proof"),
            ("head.sealedAt", "2026-01-01T00:00:00.000000Z", "headHash"),
            ("head.privateHash", new string('0', 64), "headHash"),
            ("head.previousHash", new string('0', 64), "headHash"),
            ("head.height", 1_000_000, "headHash"),
            ("head.hash", new string('0', 64), "headHash"),
            ("head.signature", new string('A', 86), "signature"),
            ("head.publicKey", new string('A', 43), "signature"),
        ];
        foreach (var (path, value, problem) in changes)
        {
            var changed = JsonNode.Parse(text)!;
            var names = path.Split('.');
            var parent = names.Length == 2 ? changed[names[0]]! : changed;
            parent[names[^1]] = value;
            Assert.Equal((problem, 5, 1), await Verify(changed.ToJsonString(), file, key));
        }
    }

    [Fact]
    public async Task The_example_of_the_documentation_is_valid()
    {
        var text = await File.ReadAllTextAsync(Repository.File("docs/ledger/receipt.json"));
        var receipt = JsonNode.Parse(text)!;
        Assert.Contains($"`{receipt["head"]!["publicKey"]}`", await File.ReadAllTextAsync(Repository.File("docs/ledger.md")));
        using var folder = new TemporaryFolder();

        var (problem, migrator, script) = await Verify(text, folder.File("receipt.json"), $"{receipt["head"]!["publicKey"]}");

        // The chain that sealed it is gone.
        Assert.Equal(("unknownKey", 0, 0), (problem, migrator, script));
    }

    [Fact]
    public async Task A_head_that_somebody_else_signed_is_not_of_this_chain()
    {
        var (ada, manager) = (await App.SignUpAsync(), await App.ManagerAsync());
        var from = await ada.OpenWalletWithAsync(App, manager, "100.00");
        var transfer = (await ada.TransferAsync(App, from, await ada.OpenWalletAsync(), "12.34")).Text("id");
        var forged = JsonNode.Parse((await Receipt(ada, transfer)).GetRawText())!;
        var (head, key) = (forged["head"]!, ChainKey.Generate());
        head["keyId"] = key.Id;
        head["publicKey"] = Base64Url(key.PublicKey);
        head["signature"] = Base64Url(key.Sign((long)head["height"]!, Convert.FromHexString((string)head["hash"]!)));

        Assert.Equal("unknownKey", await Ask(forged.ToJsonString()));
    }

    [Fact]
    public async Task Is_pending_until_the_transfer_is_sealed()
    {
        var (ada, manager) = (await App.SignUpAsync(), await App.ManagerAsync());
        var from = await ada.OpenWalletWithAsync(App, manager, "100.00");
        await using var sealer = await ledger.OpenAsync();
        await ExecuteAsync(sealer, $"SELECT pg_advisory_lock({BlockSealer.LockKey})");

        var transfer = (await ada.TransferAsync(App, from, await ada.OpenWalletAsync(), "12.34")).Text("id");

        using var pending = await ada.GetAsync($"/api/v1/transfers/{transfer}/receipt");
        Assert.NotNull(pending.Headers.RetryAfter);
        await Task.FromResult(pending).Problem(HttpStatusCode.Conflict, "receipt_pending");
        await ExecuteAsync(sealer, $"SELECT pg_advisory_unlock({BlockSealer.LockKey})");
        await Receipt(ada, transfer);
    }

    [Fact]
    public async Task Heads_are_events_of_the_stream_one_after_the_other()
    {
        var ada = await App.SignUpAsync();
        var head = (await ada.GetAsync("/api/v1/ledger/heads?limit=1").Json(HttpStatusCode.OK)).GetProperty("items")[0];

        var told = await Events.EventReader.OfAsync(App, BlockSealer.ChainId, head.GetProperty("height").GetInt32());

        Assert.Equal(Enumerable.Range(1, told.Count).Select(height => (long)height), told.Select(one => one.Version));
        Assert.All(told, one => Assert.Equal("ledger.head-sealed.v1", one.Type));
        var same = told.Single(one => one.Version == head.GetProperty("height").GetInt64()).Data;
        foreach (var field in head.EnumerateObject())
            Assert.Equal(field.Value.ToString(), same.GetProperty(field.Name).ToString());
    }

    [Fact]
    public async Task Old_heads_stay_valid_when_the_key_is_replaced()
    {
        var (ada, manager) = (await App.SignUpAsync(), await App.ManagerAsync());
        var from = await ada.OpenWalletWithAsync(App, manager, "100.00");
        var old = await Receipt(ada, (await ada.TransferAsync(App, from, await ada.OpenWalletAsync(), "1.00")).Text("id"));

        var settings = App.Database.Settings();
        settings["Tokens:SealingKey"] = TestDatabase.SealingKey;
        Assert.Equal(0, await MigrateAsync(settings, "ledger", "keys", "rotate"));

        var later = await Receipt(ada, (await ada.TransferAsync(App, from, await ada.OpenWalletAsync(), "1.00")).Text("id"));
        var (former, key) = (old.GetProperty("head").Text("keyId"), later.GetProperty("head").Text("keyId"));
        Assert.NotEqual(former, key);
        Assert.Equal(
            $"{former} {key}",
            await App.Database.TextAsync(
                """
                SELECT concat_ws(' ', actor::text, before ->> 'key', after ->> 'key') FROM audit_log
                WHERE action = 'chain_key.rotated' AND subject_id = $1
                """,
                key));
        Assert.Null(await Ask(old.GetRawText()));
        Assert.Null(await Ask(later.GetRawText()));
    }

    [Fact]
    public async Task A_key_is_not_replaced_by_one_that_the_servers_could_not_open()
    {
        var (ada, manager) = (await App.SignUpAsync(), await App.ManagerAsync());
        var from = await ada.OpenWalletWithAsync(App, manager, "100.00");
        await Receipt(ada, (await ada.TransferAsync(App, from, await ada.OpenWalletAsync(), "1.00")).Text("id"));
        const string Signing = "SELECT id FROM ledger.chain_keys WHERE sealed_key IS NOT NULL";
        var before = await App.Database.TextAsync(Signing);

        var settings = App.Database.Settings();
        settings["Tokens:SealingKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var (exitCode, output) = await RunAsync(settings, "ledger", "keys", "rotate");

        Assert.Equal(1, exitCode);
        Assert.StartsWith("Tokens:SealingKey does not open the ledger chain key", output, StringComparison.Ordinal);
        Assert.Equal(before, await App.Database.TextAsync(Signing));
    }

    /// <summary>Waits for older transactions of other databases in the cluster: a block ends below the oldest one under way.</summary>
    private Task AllCanBeSealed() => Eventually.Holds(
        async () => await App.Database.TextAsync(
            "SELECT max(transaction_id) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM ledger.journals") == "True",
        "no transaction is under way that is older than a journal");

    /// <summary>The receipt of a transfer, once it is sealed.</summary>
    private static async Task<JsonElement> Receipt(TestPerson person, string transfer)
    {
        var receipt = default(JsonElement);
        await Eventually.Holds(
            async () =>
            {
                using var answer = await person.GetAsync($"/api/v1/transfers/{transfer}/receipt");
                if (answer.StatusCode != HttpStatusCode.OK)
                    return false;
                receipt = await answer.Content.ReadFromJsonAsync<JsonElement>();
                return true;
            },
            $"the receipt of {transfer}");
        return receipt;
    }

    /// <summary>What the API says is wrong, and how the Migrator and the script end.</summary>
    private async Task<(string? Problem, int Migrator, int Script)> Verify(string receipt, string file, string trusted)
    {
        await File.WriteAllTextAsync(file, receipt);
        var option = File.Exists(trusted) ? "--heads" : "--public-key";
        var migrator = await MigrateAsync(
            new Dictionary<string, string?>(StringComparer.Ordinal), "ledger", "receipt", "verify", file, option, trusted);
        var script = await Shell.RunAsync(
            "node", [Script, file, trusted], "", Path.GetDirectoryName(file)!, TimeSpan.FromMinutes(1),
            new Dictionary<string, string>(StringComparer.Ordinal));
        return (await Ask(receipt), migrator, script.ExitCode);
    }

    private async Task<string?> Ask(string receipt)
    {
        using var content = new StringContent($$"""{"receipt":{{receipt}}}""", System.Text.Encoding.UTF8, "application/json");
        var answer = await App.Client.PostAsync(new Uri("/api/v1/ledger/receipts/verify", UriKind.Relative), content)
            .Json(HttpStatusCode.OK);
        Assert.Equal(answer.GetProperty("problem").ValueKind == JsonValueKind.Null, answer.GetProperty("valid").GetBoolean());
        return answer.GetProperty("problem").GetString();
    }

    private static async Task<int> MigrateAsync(IDictionary<string, string?> settings, params string[] args) =>
        (await RunAsync(settings, args)).ExitCode;

    private static async Task<(int ExitCode, string Output)> RunAsync(IDictionary<string, string?> settings, params string[] args)
    {
        await using var output = new StringWriter();
        var exitCode = await MigratorApp.RunAsync(
            args, new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), output, output, default);
        return (exitCode, output.ToString());
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private sealed class TemporaryFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("portico-receipt-");

        public string File(string name) => Path.Combine(_folder.FullName, name);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
