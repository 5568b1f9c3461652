using Portico.Bench.Load;
using Portico.Domain.Users;

namespace Portico.Bench.Dashboard;

/// <summary>
/// Pages at a fixed rate: what one costs over its slowest part, what hedging does about slow answers, and how long a page waits for a
/// service that never answers.
/// </summary>
internal static class FixedRate
{
    private const string Prefix = "fixed rate";
    private const string OnePart = $"{Prefix}, one part of 4 ms";
    private const string Page = $"{Prefix}, page of four parts of 4 ms";
    private const string Unhedged = $"{Prefix}, page with 1 % of answers after 200 ms, no hedging";
    private const string Hedged = $"{Prefix}, page with 1 % of answers after 200 ms, hedging";
    private const string Hung = $"{Prefix}, page with a part that hangs";

    private const int PagesPerSecond = 200;
    private const int Parts = 4;
    private const double SlowShare = 0.01;
    private const int People = 32;
    // The part that hangs holds each page until its deadline, and pages of the same caller would share its read.
    private const int PeopleWhoWait = 256;
    private const double DeadlineMs = 1000 * SlowParts.Share;

    // Opens the connections, and fills the window of calls from which hedging learns.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(LoadStack stack, LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        var rate = options.Rate > 0 ? options.Rate : PagesPerSecond;
        await using var service = await SlowService.StartAsync();
        var people = await stack.AddPeopleAsync(PeopleWhoWait, Role.User, cancellationToken);
        List<object> figures = [];
        List<string> rows = [];
        if (Wants(OnePart, Page))
            await CompareWithPartsAsync();
        if (Wants(Unhedged, Hedged))
            await CompareWithHedgingAsync();
        if (Wants(Hung))
            await HangAsync();
        if (figures.Count == 0)
            return;

        report.AddTable($"At {rate} pages a second");
        report.AddSection(
            "What these pages cost",
            "A latency counts from the moment when the request was due. Each connection is a user, whose token version is read again while "
            + "it is used. The time of the slowest part is what the page says "
            + "(`durationMs`, `Server-Timing`). Hedging and circuit breaker are as shipped; only the breaker of the service that hangs is "
            + "kept closed by `Downstreams:BreakAfter`, and the bulkheads have room for all (`Downstreams:MaxConcurrent`).\n\n"
            + $"| figure | measured | aim |\n|---|--:|--:|\n{string.Join('\n', rows)}",
            figures);

        async Task CompareWithPartsAsync()
        {
            await using var api = await StartAsync();
            var tokens = await LoadStack.SignInAsync(api, [.. people.Take(People)], cancellationToken);
            var taken = await InTurnsAsync(
                new Turn(OnePart, api, PageClient.Each(tokens, "first", 1), () => service.Begin()),
                new Turn(Page, api, PageClient.Each(tokens, SlowParts.Include, Parts), () => service.Begin()));
            foreach (var (share, name, aim) in ((double, string, string)[])[(0.5, "p50", "≤ 1"), (0.99, "p99", "≤ 5")])
            {
                Add($"page over its slowest part, {name}", "ms", Overhead(taken[1], share), aim);
                Add($"page over a page of one part, {name}", "ms", Latency(taken[1], share) - Latency(taken[0], share), aim);
            }
        }

        async Task CompareWithHedgingAsync()
        {
            await using var unhedged = await StartAsync(("Downstreams__HedgedPercent", "0"));
            await using var hedged = await StartAsync();
            var taken = await InTurnsAsync(await Turn(Unhedged, unhedged), await Turn(Hedged, hedged));
            Add("p99 without hedging, as a multiple of p99 with it", "", Latency(taken[0], 0.99) / Latency(taken[1], 0.99), "≥ 3");
            Add("more calls because of hedging", "%", (100.0 * taken[1].Calls / taken[0].Calls) - 100, "≤ 6");

            async Task<Turn> Turn(string what, ApiProcess api) => new(
                what,
                api,
                PageClient.Each(await LoadStack.SignInAsync(api, [.. people.Take(People)], cancellationToken), SlowParts.Include, Parts),
                () => service.Begin(SlowShare));
        }

        async Task HangAsync()
        {
            // An open breaker would end the pages before their deadline.
            await using var api = await StartAsync(("Downstreams__BreakAfter", "10000"));
            var tokens = await LoadStack.SignInAsync(api, people, cancellationToken);
            var clients = PageClient.Each(tokens, SlowParts.Include, Parts - 1, isLate: true);
            var taken = await InTurnsAsync(new Turn(Hung, api, clients, () => service.Begin(hung: "fourth")));
            Add($"page over the {DeadlineMs:0} ms of a part that hangs, p99", "ms", Latency(taken[0], 0.99) - DeadlineMs, "≤ 20");
        }

        bool Wants(params string[] loads) => loads.Any(options.Wants);

        Task<ApiProcess> StartAsync(params (string Name, string Value)[] more)
        {
            var settings = service.Settings;
            foreach (var (name, value) in more)
                settings[name] = value;
            return stack.StartApiAsync(settings, cancellationToken, mode: SlowParts.Mode);
        }

        async Task<Taken[]> InTurnsAsync(params Turn[] turns)
        {
            service.Begin();
            foreach (var turn in turns)
                await LoadAsync(turn, options.WithoutRounds() with { Rate = 0 });
            var taken = turns.Select(_ => new Taken([], 0)).ToArray();
            for (var round = 0; round < options.Rounds; round++)
            {
                for (var n = 0; n < turns.Length; n++)
                {
                    turns[n].Begin();
                    taken[n].Rounds.AddRange(await LoadAsync(turns[n], options.OneRound() with { Rate = rate, WarmUp = Settling }));
                    taken[n] = taken[n] with { Calls = taken[n].Calls + service.Calls };
                }
            }

            foreach (var (turn, all) in turns.Zip(taken))
                LoadStack.Report(report, turn.What, turn.Clients.Count, options with { Windows = [] }, all.Rounds);
            return taken;
        }

        Task<IReadOnlyList<LoadRound>> LoadAsync(Turn turn, LoadOptions times) =>
            ClosedLoop.RunAsync(turn.Api.Address, turn.Clients, times, () => stack.Processor(turn.Api), cancellationToken);

        void Add(string figure, string unit, double value, string aim)
        {
            figures.Add(new { figure, unit, value, aim });
            rows.Add($"| {figure} | {LoadReport.Number(value)} {unit} | {aim} {unit} |");
        }
    }

    private static double Latency(Taken taken, double share) => taken.Rounds.Median(round => round.Latency.Quantile(share));

    private static double Overhead(Taken taken, double share) => taken.Rounds.Median(round => round.Overhead.Quantile(share));

    /// <summary>A load that takes turns with others.</summary>
    private sealed record Turn(string What, ApiProcess Api, IReadOnlyList<ILoadClient> Clients, Action Begin);

    /// <summary>What was measured, and how many calls the service got.</summary>
    private sealed record Taken(List<LoadRound> Rounds, long Calls);
}
