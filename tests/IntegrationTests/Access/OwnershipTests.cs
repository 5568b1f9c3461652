using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portico.Domain.Users;
using Portico.IntegrationTests.Forecasts;
using Portico.Testing;

namespace Portico.IntegrationTests.Access;

/// <summary>
/// Somebody with records of every sort, and random calls of those who have no right to them at every operation about such records.
/// </summary>
public sealed class OwnershipTests(AccessWorld world) : IClassFixture<AccessWorld>
{
    private const int CallsInSuite = 500;
    private const int CallsOnRequest = 10_000;

    [Fact]
    [Trait("Category", Campaign.Category)]
    public Task Nobody_sees_or_changes_what_is_somebody_elses() => Campaign.Run(1, async seed =>
    {
        var random = new Random(seed);
        var victim = await Victim.In(world);
        var intruders = await Intruders();
        // Each at each operation once, before chance takes over.
        var calls = intruders.SelectMany(intruder => AccessTable.Rows
            .Where(row => row.Whose == Whose.Others && row.Statuses[intruder.Column] >= 400)
            .Select(row => (Intruder: intruder, Row: row))).ToArray();
        random.Shuffle(calls);
        Assert.True(calls.Length is > 100 and <= CallsInSuite, $"{calls.Length} kinds of calls");
        var before = await victim.Snapshot();

        for (var n = 0; n < (Campaign.IsOnRequest ? CallsOnRequest : CallsInSuite); n++)
        {
            var (intruder, row) = n < calls.Length ? calls[n] : calls[random.Next(calls.Length)];
            var (known, tag) = victim.Choose(random, intruder.Wallet);
            var extras = Victim.Extras(random, row, world.Operations[row.Operation], tag);
            extras = extras with { Key = victim.KeyFor(intruder.Name, random) };

            using var answer = await world.Send(
                row, new Scene(intruder.Person, victim.Person, OwnerCanAct: true) { Known = known }, extras);

            var said = await Said(answer);
            var call = $"Call {n}, {intruder.Name}: {extras.Method?.Method} {row.Operation}{extras.Query} with {extras.IfMatch}: {said}";
            Assert.True(extras.Query.Length > 0 || (int)answer.StatusCode == row.Statuses[intruder.Column], call);
            // Exactly the answer for a record that does not exist.
            using var missing = await world.Send(
                row,
                new Scene(intruder.Person, null, OwnerCanAct: false) { Known = victim.Missing(intruder.Wallet) },
                extras with { Key = null });
            Assert.True(await Said(missing) == said, $"{call}, but of a missing one: {await Said(missing)}");
        }

        foreach (var intruder in intruders)
            await SeesNoneInLists(intruder, victim);
        Assert.Equal(before, await victim.Snapshot());
        await victim.Person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
    });

    private async Task SeesNoneInLists(Intruder intruder, Victim victim)
    {
        // Lists that are for managers only have the records of all users.
        var lists = AccessTable.Rows
            .Where(row => row is { Method: "GET", Whose: Whose.Nobodys } && !row.Path.Contains('{', StringComparison.Ordinal))
            .Where(row => intruder.Column != "manager" || row.Statuses["user"] != 403);
        foreach (var row in lists)
        {
            foreach (var query in (string[])["", "?limit=100", "?deleted=true"])
            {
                using var answer = await world.Send(
                    row, new Scene(intruder.Person, null, OwnerCanAct: false), new RequestExtras { Query = query });
                var text = await answer.Content.ReadAsStringAsync();
                Assert.All(victim.Secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase));
            }
        }
    }

    private async Task<Intruder[]> Intruders()
    {
        List<Intruder> intruders = [new(AccessTable.Anonymous, AccessTable.Anonymous, null, Guid.CreateVersion7().ToString())];
        foreach (var role in (Role[])[Role.User, Role.Manager])
        {
            (string Column, string Status)[] kinds =
            [
                (role == Role.User ? "user" : "manager", "active"),
                (AccessTable.Blocked, AccessTable.Blocked),
                (AccessTable.Deleted, AccessTable.Deleted),
            ];
            foreach (var (column, status) in kinds)
            {
                var person = await world.Person(role, status);
                var wallet = await world.Wallet(new Scene(person, person, OwnerCanAct: status == "active"));
                intruders.Add(new(column, $"{status} {role}", person, wallet));
            }
        }

        return [.. intruders];
    }

    // Without what differs between any two answers.
    private static async Task<string> Said(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        if (text.Length > 0 && JsonNode.Parse(text) is JsonObject problem)
        {
            problem.Remove("instance");
            problem.Remove("traceId");
            text = problem.ToJsonString();
        }

        return $"{(int)answer.StatusCode} {answer.Headers.ETag} {text}";
    }

    /// <summary>Who has no right to the victim's records.</summary>
    /// <param name="Column">Their column in the table of access.</param>
    /// <param name="Wallet">Where they would have the money go.</param>
    private sealed record Intruder(string Column, string Name, TestPerson? Person, string Wallet);

    /// <summary>Somebody with some records in each collection that is anybody's, one of each deleted where that can be.</summary>
    private sealed class Victim
    {
        private const int RecordsEach = 3;
        private static readonly string[] Changing =
            ["outbox", "inbox", "messages", "dead_events", "audit_log", "idempotency_answers", "idempotency", "block_journals"];

        private readonly AccessWorld _world;
        private readonly Dictionary<string, List<(string Id, string? Tag)>> _records = new(StringComparer.Ordinal);
        private readonly HashSet<(string, string)> _keysUsed = [];
        private string[] _keys = [];

        private Victim(AccessWorld world, TestPerson person) => (_world, Person) = (world, person);

        public TestPerson Person { get; }

        /// <summary>What nobody else may be shown.</summary>
        public IEnumerable<string> Secrets =>
            _records.Where(records => records.Key != "/users")
                .SelectMany(records => records.Value).Select(record => record.Id).Append(Person.Email);

        public static async Task<Victim> In(AccessWorld world)
        {
            var person = await world.Person(Role.User, "active");
            var victim = new Victim(world, person);
            var own = new Scene(person, person, OwnerCanAct: true);
            var collections = AccessTable.Rows
                .Where(row => row.Whose == Whose.Others && row.Path.Contains("/{", StringComparison.Ordinal))
                .Select(row => row.Path[..row.Path.IndexOf("/{", StringComparison.Ordinal)]).Distinct(StringComparer.Ordinal);
            foreach (var collection in collections)
            {
                victim._records[collection] = [];
                for (var n = 0; n < RecordsEach; n++)
                    await victim.Add(collection, own, isDeleted: n == RecordsEach - 1);
            }

            victim._records["wallet"] = [(await world.Wallet(own), null), (await world.Wallet(own), null)];
            victim._records["dollars"] = [(await world.Dollars(own), null)];
            victim._records["quoteId"] = [(await world.Quote(own), null), (await world.Quote(own), null)];
            victim._keys = await world.App.Database.ScalarAsync<string[]>(
                "SELECT array_agg(key::text) FROM ledger.idempotency WHERE owner_id = $1", person.Id);
            return victim;
        }

        /// <summary>One record of each collection, and the tag of the one that the path of a call will name.</summary>
        public (Dictionary<string, string> Known, Func<string, string?> Tag) Choose(Random random, string intrudersWallet)
        {
            var chosen = _records.ToDictionary(
                records => records.Key, records => records.Value[random.Next(records.Value.Count)], StringComparer.Ordinal);
            var known = chosen.ToDictionary(record => record.Key, record => record.Value.Id, StringComparer.Ordinal);
            known["strangersWallet"] = intrudersWallet;
            return (
                known, path => chosen.FirstOrDefault(record => path.StartsWith($"{record.Key}/{{", StringComparison.Ordinal)).Value.Tag);
        }

        public Dictionary<string, string> Missing(string intrudersWallet) => _records.Keys
            .ToDictionary(collection => collection, _ => Guid.CreateVersion7().ToString(), StringComparer.Ordinal)
            .Append(new("strangersWallet", intrudersWallet)).ToDictionary(StringComparer.Ordinal);

        public static RequestExtras Extras(Random random, AccessRow row, JsonElement operation, Func<string, string?> tag) => new()
        {
            Method = row.Method == "GET" && random.Next(4) == 0 ? HttpMethod.Head : null,
            IfMatch = random.Next(4) switch { 0 => null, 1 => "*", 2 => "\"AAAAAAAAAAc\"", _ => tag(row.Path) },
            Query = AccessWorld.Declares(operation, "deleted") && random.Next(2) == 0 ? "?deleted=true" : "",
        };

        /// <summary>Now and then a key that the victim has used, which none can use for two requests; otherwise a new one.</summary>
        public string? KeyFor(string intruder, Random random) =>
            _keys[random.Next(_keys.Length)] is var key && random.Next(2) == 0 && _keysUsed.Add((intruder, key)) ? key : null;

        /// <summary>
        /// Every row that names the victim or a record of theirs, but for what happens by itself and what was noted of the intruders.
        /// </summary>
        public async Task<string> Snapshot()
        {
            var named = Secrets.Append(Person.Id.ToString()).Select(id => $"%{id}%").ToArray();
            var tables = await _world.App.Database.ScalarAsync<string[]>(
                """
                SELECT array_agg(format('%I.%I', schemaname, tablename) ORDER BY 1) FROM pg_tables
                WHERE schemaname IN ('public', 'identity', 'ledger') AND tablename <> ALL ($1)
                """,
                (object)Changing);
            List<string> rows = [];
            foreach (var table in tables)
            {
                var found = await _world.App.Database.ScalarAsync<string>(
                    $"SELECT coalesce(string_agg(r::text, E'\\n' ORDER BY r::text), '') FROM {table} AS r WHERE r::text LIKE ANY ($1)",
                    [named]);
                rows.Add($"{table}: {found}");
            }

            return string.Join('\n', rows);
        }

        private async Task Add(string collection, Scene own, bool isDeleted)
        {
            var id = await _world.Record(collection, own);
            using var found = await Person.GetAsync($"/api/v1{collection}/{id}");
            var tag = found.Headers.ETag?.ToString();
            // An owner can do without one record of these; the user and the sessions are needed.
            if (isDeleted && tag is not null)
                await Person.SendAsync(HttpMethod.Delete, $"/api/v1{collection}/{id}", null, ("If-Match", tag))
                    .Json(HttpStatusCode.NoContent);
            _records[collection].Add((id, tag));
        }
    }
}
