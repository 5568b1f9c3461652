using Npgsql;
using Portico.Bench.Load;
using Portico.Domain.Users;

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
        List<Cost> costs = [];
        // Events are published here and handled elsewhere: a letter for each transfer is another load.
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["Events__Consume"] = "false" };
        await using (var api = await stack.StartApiAsync(settings, cancellationToken))
        {
            var tokens = await LoadStack.SignInAsync(api, people, cancellationToken);
            await MeasureAsync(api, Uniform, tokens, Spread.Uniform, 1, options.Connections);
            await MeasureAsync(api, Hot, tokens, Spread.Hot, 1, options.Connections);
            await MeasureAsync(
                api, Batch, tokens, Spread.Uniform, BatchLegs, int.Min(BatchConnections, options.Connections));
        }

        settings["Ledger__MaxBatch"] = "1";
        await using (var api = await stack.StartApiAsync(settings, cancellationToken))
            await MeasureAsync(
                api, Unbatched, await LoadStack.SignInAsync(api, people, cancellationToken), Spread.Uniform, 1, options.Connections);

        report.AddTable("HTTP");
        var rivals = options.Only.Length > 0 ? [] : await PgBench.RunAsync(stack, options, cancellationToken);
        Compare(report, costs, rivals);

        async Task MeasureAsync(ApiProcess api, string what, IReadOnlyList<LoadTokens> tokens, Spread spread, int legs, int connections)
        {
            if (!options.Wants(what))
                return;
            Guid[] all = [.. wallets.SelectMany(own => own)];
            ILoadClient[] clients =
                [.. tokens.Take(connections).Select((one, n) => new TransferClient(one.AccessToken, wallets[n], all, spread, legs, n))];
            await DrainAsync(database, cancellationToken);
            var before = await SizesAsync(database, cancellationToken);
            var rounds = await stack.MeasureAsync(report, what, api, clients, options, cancellationToken);
            var after = await SizesAsync(database, cancellationToken);
            costs.Add(new Cost(what, legs, rounds, after.Journals - before.Journals, after.Log - before.Log, after.Data - before.Data));
        }
    }

    private static void Compare(LoadReport report, IReadOnlyList<Cost> costs, IReadOnlyList<PeerLedger> rivals)
    {
        List<string> lines =
        [
            "| | transfers/s | p99 ms | API µs | PostgreSQL µs | generator µs | WAL bytes | bytes on disk |",
            "|---|--:|--:|--:|--:|--:|--:|--:|",
            .. costs.Select(cost =>
                $"| {cost.What} | {cost.PerSecond:0} | {cost.P99:0.0} | {cost.Processor("API"):0.0} | {cost.Processor("PostgreSQL"):0.0} "
                + $"| {cost.Processor("generator"):0.0} | {cost.LogBytes:0} | {cost.DataBytes:0} |"),
            "", "Processor time and bytes are those of one transfer, a leg of a batch being one.", "",
            "| PostgreSQL alone (pgbench) | clients | a second |", "|---|--:|--:|",
            .. rivals.Select(rival => $"| {rival.What} | {rival.Clients} | {rival.PerSecond:0} |"), "",
            .. from rival in rivals.GroupBy(rival => rival.What, StringComparer.Ordinal)
               let best = rival.Max(one => one.PerSecond)
               select $"Against {rival.Key} ({best:0}): "
                   + $"{string.Join(", ", costs.Select(cost => $"{cost.What} × {cost.PerSecond / best:0.0}"))}.",
        ];
        report.AddSection(
            "A transfer", string.Join('\n', lines),
            new
            {
                transfers = costs.Select(cost => new
                {
                    cost.What,
                    cost.PerSecond,
                    cost.P99,
                    cost.LogBytes,
                    cost.DataBytes,
                    microseconds = LoadStack.Parts.ToDictionary(part => part, cost.Processor, StringComparer.Ordinal),
                }),
                rivals,
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

    private static async Task<(long Journals, decimal Log, long Data)> SizesAsync(
        NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT (SELECT count(*) FROM ledger.journals), pg_current_wal_lsn() - '0/0', pg_database_size(current_database())");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetDecimal(1), reader.GetInt64(2));
    }

    /// <summary>What one kind of load cost; the bytes are those of all its rounds and the warm-up.</summary>
    private sealed record Cost(string What, int Legs, IReadOnlyList<LoadRound> Rounds, long Transfers, decimal Log, long Data)
    {
        public double PerSecond => Rounds.Median(round => round.PerSecond * Legs);
        public double P99 => Rounds.Median(round => round.Latency.Quantile(0.99));
        public decimal LogBytes => Log / long.Max(1, Transfers);
        public decimal DataBytes => (decimal)Data / long.Max(1, Transfers);

        public double Processor(string part) => Rounds.Median(round => round.ProcessorPerRequest(part) * 1000 / Legs);
    }
}
