using Npgsql;
using Portico.Bench.Load;
using Portico.Domain.Users;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Bench.Ledger;

/// <summary>
/// What a transfer costs: spread over many wallets, into one, in batches and one by one; beside PostgreSQL alone, and beside another
/// ledger.
/// </summary>
internal static class LedgerScenario
{
    private const int Wallets = 10_000;
    private const int BatchLegs = 100;
    private const int BatchConnections = 32;
    private const string Uniform = "uniform";
    private const string Hot = "hot";
    private const string Batch = "batch of 100";
    private const string Unbatched = "unbatched";

    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan DrainPause = TimeSpan.FromMilliseconds(200);

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        await using var database = NpgsqlDataSource.Create(stack.Superuser);
        var people = await stack.AddPeopleAsync(options.Connections, Role.User, cancellationToken);
        var wallets = await LoadWallets.OpenAsync(database, people, Wallets, cancellationToken);
        List<TransferLoad> loads = [];
        // Events are published here and handled elsewhere: a letter for each transfer is another load. By default, a token lives for less
        // time than a run takes.
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Events__Consume"] = "false",
            ["Tokens__AccessTokenLifetime"] = $"{TokenSettings.MaxLifetime}",
        };
        List<PeerRounds> peers = [];
        List<PeerLedger> tries = [];
        await using (var api = await stack.StartApiAsync(settings, cancellationToken))
        {
            var tokens = await LoadStack.SignInAsync(api, people, cancellationToken);
            TransferLoad[] batched =
            [
                Load(Uniform, tokens, Spread.Uniform, 1, options.Connections),
                Load(Hot, tokens, Spread.Hot, 1, options.Connections),
                Load(Batch, tokens, Spread.Uniform, BatchLegs, int.Min(BatchConnections, options.Connections)),
            ];
            loads.AddRange(batched.Where(load => options.Wants(load.What)));
            if (options.Windows.Count > 0)
            {
                foreach (var load in loads)
                    await MeasureAsync(api, load, options);
            }
            else
            {
                PgBench? bench = null;
                if (options.Only.Length == 0)
                {
                    bench = await PgBench.CreateAsync(stack, options, cancellationToken);
                    tries.AddRange(await bench.TryAllAsync(options.Duration, cancellationToken));
                    peers.AddRange(
                        tries.GroupBy(one => one.What, StringComparer.Ordinal)
                            .Select(of => new PeerRounds(of.MaxBy(one => one.PerSecond)!)));
                }

                // The other ledger beside the same load of this one, the rows beside the batches.
                List<Func<LoadOptions, Task>> turns = [];
                foreach (var (n, load) in loads.Index())
                {
                    turns.Add(now => MeasureAsync(api, load, now));
                    if (bench is not null)
                        turns.Add(now => MeasurePeerAsync(bench, peers[n], now));
                }

                await Turns.RunAsync(turns, options);
            }
        }

        if (options.Wants(Unbatched))
        {
            settings["Ledger__MaxBatch"] = "1";
            await using var api = await stack.StartApiAsync(settings, cancellationToken);
            var tokens = await LoadStack.SignInAsync(api, people, cancellationToken);
            loads.Add(Load(Unbatched, tokens, Spread.Uniform, 1, options.Connections));
            await MeasureAsync(api, loads[^1], options);
        }

        foreach (var load in loads)
            LoadStack.Report(report, load.What, load.Clients.Length, options, load.Rounds);
        report.AddTable("HTTP");
        Compare(report, loads, tries, peers);

        TransferLoad Load(string what, IReadOnlyList<LoadTokens> tokens, Spread spread, int legs, int connections) =>
            new(what, legs, TransferClient.Each([.. tokens.Take(connections)], wallets, spread, legs));

        async Task MeasureAsync(ApiProcess api, TransferLoad load, LoadOptions now)
        {
            await DrainAsync(database, cancellationToken);
            var before = await SizesAsync(database, cancellationToken);
            load.Rounds.AddRange(
                await ClosedLoop.RunAsync(api.Address, load.Clients, now, () => stack.Processor(api), cancellationToken));
            load.Add(before, await SizesAsync(database, cancellationToken));
        }

        async Task MeasurePeerAsync(PgBench bench, PeerRounds peer, LoadOptions now)
        {
            // It has nothing to warm up.
            if (now.Rounds == 0)
                return;
            await DrainAsync(database, cancellationToken);
            peer.PerSecond.Add(await bench.LoadAsync(peer.Best.What, peer.Best.Clients, now.Duration, cancellationToken));
        }
    }

    private static void Compare(
        LoadReport report, IReadOnlyList<TransferLoad> loads, IReadOnlyList<PeerLedger> tries, IReadOnlyList<PeerRounds> peers)
    {
        (string Load, string Peer, double Ratio, double? Error)[] ratios =
        [
            .. from peer in peers
               from load in loads
               where load.What != Unbatched
               let pairs = load.Rounds.Zip(peer.PerSecond, (round, other) => round.PerSecond * load.Legs / other).ToArray()
               let ratio = pairs.Length > 1 ? Statistics.Ratio(pairs) : (Mean: pairs[0], Error: double.NaN)
               select (load.What, peer.Best.What, ratio.Mean, double.IsNaN(ratio.Error) ? (double?)null : ratio.Error),
        ];
        List<string> lines =
        [
            "| | transfers/s | p99 ms | API µs | PostgreSQL µs | generator µs | WAL bytes | bytes on disk |",
            "|---|--:|--:|--:|--:|--:|--:|--:|",
            .. loads.Select(load =>
                $"| {load.What} | {load.PerSecond:0} | {load.P99:0.0} | {load.Processor("API"):0.0} | {load.Processor("PostgreSQL"):0.0} "
                + $"| {load.Processor("generator"):0.0} | {load.LogBytes:0} | {load.DataBytes:0} |"),
            "", "Processor time and bytes are those of one transfer, a leg of a batch being one.",
        ];
        if (peers.Count > 0)
        {
            lines.AddRange(
            [
                "", "| PostgreSQL alone (pgbench), once before the rounds | clients | a second |", "|---|--:|--:|",
                .. tries.Select(one => $"| {one.What} | {one.Clients} | {one.PerSecond:0} |"),
                "", "| the best of them in the rounds | clients | a second | load | times as many, ± standard error |",
                "|---|--:|--:|---|--:|",
                .. from peer in peers
                   from ratio in ratios
                   where ratio.Peer == peer.Best.What
                   select $"| {peer.Best.What} | {peer.Best.Clients} | {peer.Median:0} | {ratio.Load} | {ratio.Ratio:0.00}"
                       + $"{(ratio.Error is { } error ? $" ± {ratio.Ratio * error:0.00}" : "")} |",
            ]);
        }

        report.AddSection(
            "A transfer", string.Join('\n', lines),
            new
            {
                transfers = loads.Select(load => new
                {
                    load.What,
                    load.PerSecond,
                    load.P99,
                    load.LogBytes,
                    load.DataBytes,
                    microseconds = LoadStack.Parts.ToDictionary(part => part, load.Processor, StringComparer.Ordinal),
                }),
                tries,
                rivals = peers.Select(peer => peer.Best with { PerSecond = peer.Median }),
                ratios = ratios.Select(ratio => new { ratio.Load, ratio.Peer, ratio.Ratio, standardError = ratio.Error }),
            });
    }

    /// <summary>Waits until the events of the load before are published, which would be counted with the next.</summary>
    private static async Task DrainAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < DrainLimit)
        {
            if (!await database.HasEventsAsync(cancellationToken))
                return;
            await Task.Delay(DrainPause, cancellationToken);
        }

        Console.WriteLine(
            $"Events are still unpublished after {DrainLimit.TotalSeconds:0} s; publishing them is measured with what follows.");
    }

    private static async Task<Sizes> SizesAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT (SELECT count(*) FROM ledger.journals), pg_current_wal_lsn() - '0/0', pg_database_size(current_database())");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new Sizes(reader.GetInt64(0), reader.GetDecimal(1), reader.GetInt64(2));
    }

    private sealed record Sizes(long Journals, decimal Log, long Data);

    /// <summary>What one kind of load did in its rounds, and what it cost; the bytes are also those of its warm-up.</summary>
    private sealed record TransferLoad(string What, int Legs, ILoadClient[] Clients)
    {
        private decimal _log;
        private long _data;
        private long _transfers;

        public List<LoadRound> Rounds { get; } = [];

        public double PerSecond => Rounds.Median(round => round.PerSecond * Legs);
        public double P99 => Rounds.Median(round => round.Latency.Quantile(0.99));
        public decimal LogBytes => _log / long.Max(1, _transfers);
        public decimal DataBytes => (decimal)_data / long.Max(1, _transfers);

        public double Processor(string part) => Rounds.Median(round => round.ProcessorPerRequest(part) * 1000 / Legs);

        public void Add(Sizes before, Sizes after) =>
            (_log, _data, _transfers) = (
                _log + after.Log - before.Log, _data + after.Data - before.Data, _transfers + after.Journals - before.Journals);
    }

    /// <summary>What another ledger did in the rounds, with the number of clients that was best before them.</summary>
    private sealed record PeerRounds(PeerLedger Best)
    {
        public List<double> PerSecond { get; } = [];

        public double Median => Statistics.Median(PerSecond);
    }
}
