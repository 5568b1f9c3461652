using System.Globalization;
using System.Net.Http.Json;
using Npgsql;
using Portico.Bench.Ledger;
using Portico.Bench.Load;
using Portico.Domain.Users;

namespace Portico.Bench.Runtime;

/// <summary>How long an API takes from its start to its first answers, and from its first load to its steady speed.</summary>
/// <remarks>
/// Each measurement is made with a process of its own, whose first transfer is the first of the load. The variants take turns, so that
/// other work on the machine meets all of them. The load is transfers between many wallets; another process made the tokens before.
/// </remarks>
internal static class StartScenario
{
    private const int Wallets = 10_000;
    private const double SteadyShare = 0.9;
    private const double SteadyPart = 1.0 / 3;
    private const int Held = 3;
    private const int First = 10_000;
    private static readonly int[] Marks = [1, 5, 10, 30, 60, 120];
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        await using var database = NpgsqlDataSource.Create(stack.Superuser);
        var people = await stack.AddPeopleAsync(options.ConnectionLevels.Max(), Role.User, cancellationToken);
        var wallets = await LoadWallets.OpenAsync(database, people, Wallets, cancellationToken);
        Guid[] all = [.. wallets.SelectMany(own => own)];
        // The tokens of one process hold in all of them, and outlast them.
        KeyValuePair<string, string>[] settings =
            [new("Events__Consume", "false"), new("Tokens__Issuer", "http://127.0.0.1"), new("Tokens__AccessTokenLifetime", "01:00:00")];
        IReadOnlyList<LoadTokens> tokens;
        await using (var api = await stack.StartApiAsync(settings, cancellationToken))
            tokens = await LoadStack.SignInAsync(api, people, cancellationToken);

        List<Start> found = [];
        for (var round = 0; round < options.Rounds; round++)
        {
            foreach (var connections in options.ConnectionLevels)
            {
                foreach (var variant in options.Variants)
                    found.Add(await MeasureAsync(variant, connections));
            }
        }

        Report(report, options, found);

        async Task<Start> MeasureAsync(ApiVariant variant, int connections)
        {
            await using var api = await stack.StartApiAsync(settings, cancellationToken, variant);
            using (var currencies = await api.Client.GetAsync(new Uri("/api/v1/currencies", UriKind.Relative), cancellationToken))
                currencies.EnsureSuccessStatusCode();
            var answeredAfter = api.Age;
            var person = people[0];
            var credentials = new { person.Email, person.Password };
            using (var signIn = await api.Client.PostAsJsonAsync("/api/v1/auth/login", credentials, cancellationToken))
                signIn.EnsureSuccessStatusCode();
            var signedInAfter = api.Age;
            var startProcessor = stack.Processor(api)["API"].TotalSeconds;

            ILoadClient[] clients =
            [
                .. tokens.Take(connections).Select((one, n) => new TransferClient(one.AccessToken, wallets[n], all, Spread.Uniform, 1, n)),
            ];
            var everySecond = options.OneRound() with { Rounds = (int)options.Duration.TotalSeconds, Duration = Second };
            var seconds = await ClosedLoop.RunAsync(api.Address, clients, everySecond, () => stack.Processor(api), cancellationToken);
            foreach (var failure in seconds.SelectMany(second => second.Failures))
            {
                Console.WriteLine($"{failure.Value} × {failure.Key}");
                report.Fail();
            }

            var start = new Start(
                variant.Name, connections, api.LiveAfter, api.ReadyAfter, answeredAfter, signedInAfter, startProcessor, seconds);
            Console.WriteLine(Row(start.Variant, [start], options));
            return start;
        }
    }

    private static void Report(LoadReport report, LoadOptions options, List<Start> found)
    {
        var marks = MarksOf(options);
        List<string> lines =
        [
            "| | connections | live s | ready s | first answer s | sign-in s | CPU until then s | steady/s | 90 % of it after s "
            + $"| steady API CPU µs | first {First} µs | "
            + string.Join(" | ", marks.Select(mark => $"at {mark} s µs")) + " |",
            $"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|{string.Concat(marks.Select(_ => "--:|"))}",
            .. found.GroupBy(start => (start.Connections, start.Variant)).Select(group => Row(group.Key.Variant, [.. group], options)),
            "",
            $"Medians of {options.Rounds} starts each. Steady is the median of the seconds in the last third of the load. "
            + $"90 % of it is reached with the first of {Held} seconds in a row that have it in their median. "
            + $"µs is the API's processor time a transfer: of the first {First}, "
            + "which a busy machine only stretches, and in the second that ends there.",
        ];
        report.AddSection(
            "From the start to the steady speed",
            string.Join('\n', lines),
            found.Select(start => new
            {
                start.Variant,
                start.Connections,
                liveSeconds = start.Live.TotalSeconds,
                readySeconds = start.Ready.TotalSeconds,
                firstAnswerSeconds = start.Answered.TotalSeconds,
                signInSeconds = start.SignedIn.TotalSeconds,
                start.Processor,
                start.Steady,
                start.SteadyAfter,
                start.SteadyMicroseconds,
                start.FirstMicroseconds,
                perSecond = start.Seconds.Select(second => Math.Round(second.PerSecond)),
                microseconds = start.Seconds.Select(second => Math.Round(second.ProcessorPerRequest("API") * 1000, 1)),
            }));
    }

    private static string Row(string variant, IReadOnlyList<Start> starts, LoadOptions options)
    {
        string[] cells =
        [
            variant,
            $"{starts[0].Connections}",
            Median("0.00", start => start.Live.TotalSeconds),
            Median("0.00", start => start.Ready.TotalSeconds),
            Median("0.00", start => start.Answered.TotalSeconds),
            Median("0.00", start => start.SignedIn.TotalSeconds),
            Median("0.00", start => start.Processor),
            Median("0", start => start.Steady),
            Median("0", start => start.SteadyAfter),
            Median("0", start => start.SteadyMicroseconds),
            Median("0", start => start.FirstMicroseconds),
            .. MarksOf(options).Select(mark => Median("0", start => start.Seconds[mark - 1].ProcessorPerRequest("API") * 1000)),
        ];
        return $"| {string.Join(" | ", cells)} |";

        string Median(string format, Func<Start, double> of) =>
            starts.Median(of).ToString(format, CultureInfo.InvariantCulture);
    }

    private static int[] MarksOf(LoadOptions options) => [.. Marks.Where(mark => mark <= options.Duration.TotalSeconds)];

    /// <summary>One process: the times since its start, its CPU seconds until the first sign-in, and the seconds of the load.</summary>
    private sealed record Start(
        string Variant, int Connections, TimeSpan Live, TimeSpan Ready, TimeSpan Answered, TimeSpan SignedIn, double Processor,
        IReadOnlyList<LoadRound> Seconds)
    {
        private IReadOnlyList<LoadRound> Last => [.. Seconds.Skip((int)(Seconds.Count * (1 - SteadyPart)))];

        public double Steady => Last.Median(second => second.PerSecond);

        public double SteadyMicroseconds => Last.Median(second => second.ProcessorPerRequest("API") * 1000);

        /// <summary>Of as many transfers as come first, or of all when they are fewer.</summary>
        public double FirstMicroseconds
        {
            get
            {
                var (count, processor) = (0L, 0.0);
                foreach (var second in Seconds.TakeWhile(_ => count < First))
                {
                    count += second.Latency.Count;
                    processor += second.Processor["API"];
                }

                return processor * 1_000_000 / long.Max(1, count);
            }
        }

        /// <summary>The seconds of load before the speed was there.</summary>
        public int SteadyAfter =>
            Enumerable.Range(0, Seconds.Count).First(at => at + Held > Seconds.Count || MedianFrom(at) >= SteadyShare * Steady);

        private double MedianFrom(int second) => Seconds.Skip(second).Take(Held).Median(one => one.PerSecond);
    }
}
