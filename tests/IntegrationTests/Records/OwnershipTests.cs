using System.Net;
using System.Text.Json;
using Portico.Domain.Users;
using Portico.IntegrationTests.Forecasts;
using Portico.Testing;
using static Portico.IntegrationTests.Forecasts.ForecastWorld;

namespace Portico.IntegrationTests.Records;

/// <summary>Two people, and random calls of one of them at every address of the other's records.</summary>
public sealed class OwnershipTests
{
    private const int CallsInSuite = 500;
    private const int CallsOnRequest = 10_000;

    [Fact]
    [Trait("Category", Campaign.Category)]
    public Task Nobody_sees_or_changes_what_is_somebody_elses() => Campaign.Run(1, async seed =>
    {
        var random = new Random(seed);
        var app = await PorticoApp.SharedAsync();
        var (ada, mallory, blocked) = (await app.SignUpAsync(), await app.SignUpAsync(), await app.SignUpAsync());
        var manager = await app.SignUpAsync(Role.Manager);
        var victim = await Victim.Of(ada, manager);
        await app.Database.ExecuteAsync("UPDATE users SET status = 'blocked' WHERE email = $1", blocked.Email);
        await Eventually.Holds(async () => (await blocked.GetAsync("/api/v1/auth/check")).StatusCode == HttpStatusCode.Unauthorized, "the block");
        var before = await victim.Snapshot(app);

        for (var n = 0; n < (Campaign.IsOnRequest ? CallsOnRequest : CallsInSuite); n++)
        {
            var (method, path, body, tag) = victim.Call(random);
            var intruder = random.Next(10) == 0 ? blocked : random.Next(8) == 0 ? manager : mallory;
            using var answer = await intruder.SendAsync(method, path, body, [.. tag is null ? Array.Empty<(string, string)>() : [("If-Match", tag)]]);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(
                answer.StatusCode == (intruder == blocked ? HttpStatusCode.Unauthorized : HttpStatusCode.NotFound), $"Call {n}: {method} {path} with {tag}: {(int)answer.StatusCode} {text}");
            Assert.DoesNotContain(Victim.Secret, text, StringComparison.Ordinal);
        }

        foreach (var list in (string[])[Characters.Path, ForecastPath, $"{Characters.Path}?search={Victim.Secret}"])
            Assert.Empty((await mallory.GetAsync(list).Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
        Assert.Equal(before, await victim.Snapshot(app));
    });

    /// <summary>Somebody with records of every sort, some of them deleted.</summary>
    private sealed class Victim
    {
        public const string Secret = "Xanthippe";

        private readonly List<(string Path, object Body, string Tag)> _records = [];

        public static async Task<Victim> Of(TestPerson ada, TestPerson manager)
        {
            var victim = new Victim();
            var sheet = Characters.Sheet(Secret);
            for (var n = 0; n < 4; n++)
            {
                var (id, tag) = await ada.CreateCharacter(Secret);
                victim._records.Add(($"{Characters.Path}/{id}", sheet, tag));
                if (n % 2 == 1)
                    await ada.Delete(id, tag).Json(HttpStatusCode.NoContent);

                var (about, _) = await manager.Announce();
                (id, tag) = await ada.Forecasted(about);
                victim._records.Add(($"{ForecastPath}/{id}", new { outcome = "draw" }, tag));
                if (n % 2 == 1)
                    await ada.SendAsync(HttpMethod.Delete, $"{ForecastPath}/{id}", null, ("If-Match", tag)).Json(HttpStatusCode.NoContent);
            }

            return victim;
        }

        public (HttpMethod Method, string Path, object? Body, string? Tag) Call(Random random)
        {
            var (path, body, own) = _records[random.Next(_records.Count)];
            var tag = random.Next(4) switch { 0 => null, 1 => "*", 2 => "\"AAAAAAAAAAc\"", _ => own };
            return random.Next(5) switch
            {
                0 => (HttpMethod.Get, path, null, tag),
                1 => (HttpMethod.Put, path, body, tag),
                2 => (HttpMethod.Delete, path, null, tag),
                3 => (HttpMethod.Post, $"{path}/restore", null, tag),
                _ => (HttpMethod.Head, path, null, tag),
            };
        }

        public async Task<string> Snapshot(PorticoApp app)
        {
            List<string> rows = [];
            foreach (var (path, _, _) in _records)
            {
                var table = path.StartsWith(Characters.Path, StringComparison.Ordinal) ? "characters" : "forecasts";
                rows.Add(await app.Database.Ask<string>($"SELECT row_to_json(r)::text FROM {table} r WHERE id = $1", Guid.Parse(path[(path.LastIndexOf('/') + 1)..])));
            }

            return JsonSerializer.Serialize(rows);
        }
    }
}
