using System.Net;
using System.Text.Json;
using Portico.IntegrationTests.Characters;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Seeding;

/// <summary>The demo data is seeded at every start of the local stack, whatever users did since the last one.</summary>
public sealed class SeedAgainTests : IAsyncLifetime
{
    private const int Steps = 80;
    private static readonly string[] Demo = ["demo", "--users", "6", "--transfers", "60"];
    private static readonly string[] Names = ["Everyday", "Travel", "London", "Tokyo", "Savings", "Holidays"];
    private static readonly string[] Currencies = ["EUR", "USD", "GBP", "JPY", "BTC"];
    private static readonly string[] Roles = ["user", "manager", "admin"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("portico-seed-");
    private TestSeeder _seeder = null!;
    private PorticoApp _app = null!;

    public async Task InitializeAsync()
    {
        _seeder = await TestSeeder.CreateAsync();
        _app = await PorticoApp.StartAsync(
            new PorticoAppOptions { Database = _seeder.Database, Settings = _seeder.Settings.AsReadOnly() });
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Seeds_again_after_a_demo_user_deleted_the_account_or_opened_two_wallets_of_one_name()
    {
        var former = (await SignIns("--transfers", "0"))["user"];
        former.Take(await former.LogInAsync().Json(HttpStatusCode.OK));
        await former.SendAsync(HttpMethod.Delete, "/api/v1/users/me", new { former.Password }).Json(HttpStatusCode.NoContent);

        var user = Assert.Single(await SignIns()).Value;
        user.Take(await user.LogInAsync().Json(HttpStatusCode.OK));
        Assert.Equal(former.Email, user.Email);
        Assert.NotEqual(former.Id, user.Id);

        foreach (var _ in Enumerable.Range(0, 2))
            await user.OpenWalletAsync(name: "Everyday");
        Assert.Equal("demo: 0 changes", (await _seeder.Seed(Demo)).Trim());
    }

    /// <summary>Users of each role create, rename, delete, block and pay at random, and the seeder runs again.</summary>
    [Fact]
    [Trait("Category", Campaign.Category)]
    public async Task Seeds_again_whatever_users_did()
    {
        var known = await SignIns();
        await Campaign.Run(2, async seed =>
        {
            var random = new Random(seed);
            var callers = new List<TestPerson>();
            foreach (var person in known.Values)
            {
                using var answer = await person.LogInAsync();
                // An earlier run may have blocked the user.
                if (answer.StatusCode != HttpStatusCode.OK)
                    continue;
                person.Take(await answer.Json(HttpStatusCode.OK));
                callers.Add(person);
            }

            var done = 0;
            for (var step = 0; step < Steps; step++)
            {
                using var answer = await Act(callers[random.Next(callers.Count)], random);
                Assert.True((int)answer.StatusCode < 500, await answer.Content.ReadAsStringAsync());
                done += answer.IsSuccessStatusCode ? 1 : 0;
            }

            Assert.InRange(done, Steps / 10, Steps);
            foreach (var (role, person) in await SignIns())
                known[role] = person;
            Assert.Equal("demo: 0 changes", (await _seeder.Seed(Demo)).Trim());
        });
    }

    private async Task<HttpResponseMessage> Act(TestPerson caller, Random random)
    {
        var user = $"/api/v1/users/{await Pick("SELECT id FROM users", random)}";
        var wallet = await Pick("SELECT id FROM wallets", random);
        var ownWallet = await Pick("SELECT id FROM wallets WHERE owner_id = $1 AND deleted_at IS NULL", random, caller.Id);
        var name = Names[random.Next(Names.Length)];
        var currency = Currencies[random.Next(Currencies.Length)];
        var amount = LedgerPeople.Money(currency == "JPY" ? "12" : "12.34", currency);
        return await (random.Next(15) switch
        {
            0 or 1 => caller.SendAsync(HttpMethod.Post, "/api/v1/wallets", new { name, currency }),
            2 => caller.SendAsync(HttpMethod.Patch, $"/api/v1/wallets/{ownWallet}", new { name }, ("If-Match", "*")),
            3 => caller.SendAsync(HttpMethod.Delete, $"/api/v1/wallets/{ownWallet}", null, ("If-Match", "*")),
            4 => caller.PostAsync(_app, "deposits", new { walletId = wallet, amount, description = name }),
            5 => caller.PostAsync(_app, "withdrawals", new { walletId = wallet, amount, description = name }),
            6 => caller.PostAsync(_app, "transfers", LedgerPeople.Transfer(ownWallet, wallet, "1.23", currency)),
            7 => caller.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { displayName = name }),
            8 => caller.Create(CharacterCalls.Sheet(name)),
            9 => caller.SendAsync(HttpMethod.Post, $"{user}/block", new { reason = name }),
            10 => caller.SendAsync(HttpMethod.Post, $"{user}/unblock"),
            11 => caller.SendAsync(HttpMethod.Delete, user),
            12 => caller.SendAsync(HttpMethod.Post, $"{user}/restore"),
            13 => caller.SendAsync(HttpMethod.Put, $"{user}/roles", new { roles = new[] { Roles[random.Next(Roles.Length)] } }),
            _ => caller.SendAsync(HttpMethod.Delete, "/api/v1/users/me", new { caller.Password }),
        });
    }

    /// <summary>Seeds, and returns the sign-ins that were made, by role.</summary>
    private async Task<Dictionary<string, TestPerson>> SignIns(params string[] options)
    {
        var file = Path.Combine(_folder.FullName, "demo.json");
        File.Delete(file);
        await _seeder.Seed([.. options.Length == 0 ? Demo : [.. Demo[..3], .. options], "--credentials-file", file]);
        return !File.Exists(file)
            ? []
            : JsonSerializer.Deserialize<JsonElement[]>(await File.ReadAllTextAsync(file))!.ToDictionary(
                signIn => signIn.Text("role"),
                signIn => new TestPerson(_app, signIn.Text("email"), signIn.Text("password")));
    }

    private async Task<Guid> Pick(string sql, Random random, params object[] values)
    {
        var ids = await _seeder.Database.TextAsync($"SELECT string_agg(id::text, ',' ORDER BY id) FROM ({sql}) AS found", values);
        string[] all = [.. ids.Split(',', StringSplitOptions.RemoveEmptyEntries)];
        return all.Length == 0 ? Guid.Empty : Guid.Parse(all[random.Next(all.Length)]);
    }
}
