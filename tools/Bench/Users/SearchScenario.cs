using Npgsql;
using Portico.Bench.Load;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;

namespace Portico.Bench.Users;

/// <summary>What an administrator's search of users takes, with a million of them.</summary>
internal static class SearchScenario
{
    private const int Texts = 2_000;

    // Frequent and rare names, rare roles and states, and a name that only the oldest users have. The ids are ordered by time.
    private const string Users =
        """
        INSERT INTO users (
            id, version, display_name, email, email_verified_at, phone, phone_verified_at,
            role, status, locale, epoch, created_at, deleted_at)
        SELECT
            (lpad(to_hex(1700000000000 + i * 90000), 12, '0') || '7' || substr(md5(i::text), 1, 3)
                || '8' || substr(md5(i::text), 5, 15))::uuid,
            1,
            CASE WHEN i <= 30000 THEN 'Robot ' || i ELSE first || ' ' || last END,
            lower(translate(first || '.' || last, 'üö', 'uo')) || i || '@example.com', now(),
            CASE WHEN i % 5 < 3 THEN (ARRAY['+4915', '+79'])[1 + i % 2] || lpad(((i * 618033989) % 1000000000)::text, 9, '0') END,
            CASE WHEN i % 5 < 3 THEN now() END,
            CASE WHEN i % 1000 = 0 THEN 'manager' ELSE 'user' END, CASE WHEN i % 200 = 7 THEN 'blocked' ELSE 'active' END, 'en', 0, now(),
            CASE WHEN i % 50 = 3 THEN now() END
        FROM (
            SELECT i, firsts[1 + floor(cardinality(firsts) * power(random(), 2.2))::int] AS first,
                initcap(starts[1 + floor(cardinality(starts) * power(random(), 1.5))::int]
                    || middles[1 + floor(cardinality(middles) * random())::int]
                    || ends[1 + floor(cardinality(ends) * power(random(), 1.5))::int]) AS last
            FROM generate_series(1::bigint, 1000000) i, (
                SELECT string_to_array('Anna Ivan Maria Elena John Olga Thomas Julia Peter David Sarah Laura Paul Irina Emma Noah', ' ')
                        || string_to_array('Karl Lena Ada Boris Clara Felix Greta Hugo Ines Jonas Kira Leo Marta Nils Otto Pia', ' ')
                        || string_to_array('Иван Мария Алексей Ольга Ёлка Анна-Мария Jean-Paul', ' ') AS firsts,
                    string_to_array('mül sch iva pet kuz smi joh gar lop wag bec hof kra mar nov ost pav ros sem tar ult', ' ') AS starts,
                    string_to_array('a er in ov es o i u en ar', ' ') AS middles,
                    string_to_array('mann ov sky son berg er ich ko enko stein ski ini ova ton ley witz', ' ') AS ends
            ) parts
        ) drawn;
        VACUUM ANALYZE users
        """;

    // What people type, made of the users whom they look for.
    private static readonly (string What, string Text)[] Kinds =
    [
        ("first name", "split_part(display_name, ' ', 1)"),
        ("last name", "split_part(display_name, ' ', 2)"),
        ("two words", "split_part(display_name, ' ', 2) || ' ' || split_part(display_name, ' ', 1)"),
        ("beginnings of words", "substr(split_part(display_name, ' ', 1 + (random() * 1.99)::int % 2), 1, 1 + (random() * 3)::int)"),
        ("name of old users", "(ARRAY['robot', 'rob', 'robot 2', 'robot 12'])[1 + (random() * 3)::int]"),
        ("beginning of an e-mail address", "substr(email, 1, 4 + (random() * 10)::int)"),
        ("e-mail address", "email"),
        ("beginning of a phone number", "substr(phone, 1, 5 + (random() * 4)::int)"),
        ("phone number", "phone"),
        ("national phone number", "'0' || substr(phone, 4)"),
        ("last 3 or 4 digits", "right(phone, 3 + (random() * 1)::int)"),
        ("id", "id::text"),
        ("nothing is found", "substr(translate(md5(id::text), '0123456789abcdef', 'bcdfghjklmnpqrst'), 1, 6)"),
    ];

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        await using var database = NpgsqlDataSource.Create(stack.Superuser);
        Console.WriteLine("Adding a million users …");
        foreach (var statement in Users.Split(";\n"))
            await database.ExecuteAsync(statement, cancellationToken);

        await using var api = await stack.StartApiAsync([new("Tokens__AccessTokenLifetime", "01:00:00")], cancellationToken);
        var admin = await LoadStack.SignInAsync(api, await stack.AddPeopleAsync(1, Role.Admin, cancellationToken), cancellationToken);

        List<string> lines = ["| | searches | p50 ms | p95 ms | p99 ms |", "|---|--:|--:|--:|--:|"];
        LatencyHistogram all = new();
        foreach (var (what, text) in Kinds)
        {
            var texts = await TextsAsync(database, text, cancellationToken);
            var rounds = await stack.MeasureAsync(
                report, what, api,
                [.. Enumerable.Range(0, options.Connections).Select(n => new SearchClient(admin[0].AccessToken, texts, n))],
                options, cancellationToken);
            LatencyHistogram latency = new();
            foreach (var round in rounds)
                latency.Add(round.Latency);
            all.Add(latency);
            lines.Add(Line(what, latency));
        }

        lines.Add(Line("all", all));
        report.AddTable("HTTP");
        report.AddSection("Searches among a million users", string.Join('\n', lines), new { P95Ms = all.Quantile(0.95) });
    }

    private static string Line(string what, LatencyHistogram latency) =>
        $"| {what} | {latency.Count} | {latency.Quantile(0.5):0.0} | {latency.Quantile(0.95):0.0} | {latency.Quantile(0.99):0.0} |";

    private static async Task<string[]> TextsAsync(NpgsqlDataSource database, string text, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"SELECT {text} FROM users TABLESAMPLE system (2) "
            + $"WHERE phone IS NOT NULL AND display_name NOT LIKE 'Robot%' ORDER BY random() LIMIT {Texts}");
        return [.. await command.ReadAll(row => row.GetString(0), cancellationToken)];
    }

    /// <summary>Searches for one text after the other, each fifth time for users with a rare state or role.</summary>
    private sealed class SearchClient(string token, string[] texts, int seed) : ILoadClient
    {
        private static readonly string[] Filters =
            ["", "", "", "", "", "", "", "", "", "", "", "", "&status=blocked", "&status=deleted", "&role=manager"];

        private readonly Random _random = new(seed);

        public ReadOnlySpan<byte> Next()
        {
            var text = Uri.EscapeDataString(texts[_random.Next(texts.Length)]);
            return RequestBytes.Get($"/api/v1/users?search={text}{Filters[_random.Next(Filters.Length)]}", token);
        }

        public bool Take(int status, ReadOnlySpan<byte> body) => status == 200;
    }
}
