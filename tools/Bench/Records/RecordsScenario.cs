using System.Globalization;
using System.Text.RegularExpressions;
using Portico.Bench.Load;
using Portico.DevStack;
using Portico.Domain.Users;

namespace Portico.Bench.Records;

/// <summary>What owned records cost, and what the cache of queries saves.</summary>
internal static partial class RecordsScenario
{
    private const int RecordsEach = 25;
    private const string Sheet =
        """{"name":"Mira Stormwind","class":"wizard","level":3,"strength":8,"dexterity":14,"constitution":12,"""
        + "\"intelligence\":17,\"wisdom\":13,\"charisma\":10}";

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        var management = new Uri($"http://127.0.0.1:{Ports.Free()}");
        await using var api = await stack.StartApiAsync(
            // However many rounds are asked for, the tokens outlast them.
            [new("Management__Url", management.ToString()), new("Tokens__AccessTokenLifetime", "01:00:00")], cancellationToken);
        var people = await LoadStack.SignInAsync(
            api, await stack.AddPeopleAsync(options.Connections, Role.User, cancellationToken), cancellationToken);
        var managers = await LoadStack.SignInAsync(api, await stack.AddPeopleAsync(1, Role.Manager, cancellationToken), cancellationToken);
        var characters = new string[people.Count];
        for (var n = 0; n < people.Count; n++)
            characters[n] = await Make(api, people[n], "characters", Sheet, cancellationToken);
        var about = await Make(api, managers[0], "events", """{"title":"Reds – Blues"}""", cancellationToken);

        await Measure(
            "get (not cached)", n => new RepeatingClient(RequestBytes.Get($"/api/v1/characters/{characters[n]}", people[n].AccessToken)));
        await Measure("get (cached)", n => new RepeatingClient(RequestBytes.Get($"/api/v1/events/{about}", people[n].AccessToken)));
        await Measure("list of 20 (not cached)", n => new RepeatingClient(RequestBytes.Get("/api/v1/characters", people[n].AccessToken)));
        await Measure("list of 20 (cached)", n => new RepeatingClient(RequestBytes.Get("/api/v1/events", people[n].AccessToken)));
        await Measure("create", n => new RepeatingClient(() => Create(n), hoped: 201));
        await Measure(
            "create with a key", n => new RepeatingClient(() => Create(n, ("Idempotency-Key", $"{Guid.NewGuid():N}")), hoped: 201));
        report.AddTable("Owned records");
        using var scraper = new HttpClient();
        AddReads(report, await scraper.GetStringAsync(new Uri(management, "/metrics"), cancellationToken));

        byte[] Create(int n, params (string Name, string Value)[] headers) =>
            RequestBytes.Send("POST", "/api/v1/characters", people[n].AccessToken, Sheet, headers);

        Task Measure(string what, Func<int, ILoadClient> client) =>
            stack.MeasureAsync(report, what, api, [.. Enumerable.Range(0, people.Count).Select(client)], options, cancellationToken);
    }

    /// <summary>How many of the cached reads the cache answered: while the machine is too busy, answers are made anew.</summary>
    private static void AddReads(LoadReport report, string metrics)
    {
        var reads = Reads().Matches(metrics).GroupBy(read => read.Groups["outcome"].Value, StringComparer.Ordinal).ToDictionary(
            outcome => outcome.Key,
            outcome => outcome.Sum(read => double.Parse(read.Groups["count"].Value, CultureInfo.InvariantCulture)),
            StringComparer.Ordinal);
        var all = reads.Values.Sum();
        report.AddSection(
            "Cached reads, warm-up included",
            string.Join(
                ", ", reads.OrderByDescending(read => read.Value).Select(read => $"{read.Key} {read.Value:0} ({read.Value / all:0.00%})")),
            reads);
    }

    [GeneratedRegex(
        "^portico_cache_reads_total\\{outcome=\"(?<outcome>[a-z]+)\",query=\"[^}]*\\} (?<count>[0-9.e+]+)",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Reads();

    /// <returns>The id of the last.</returns>
    private static async Task<string> Make(ApiProcess api, LoadTokens tokens, string list, string json, CancellationToken cancellationToken)
    {
        var id = "";
        for (var n = 0; n < RecordsEach; n++)
            id = await api.CreateAsync(list, tokens, json, cancellationToken);
        return id;
    }
}
