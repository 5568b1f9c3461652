using System.Globalization;
using Npgsql;
using Portico.Bench.Load;
using Portico.Domain.Users;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.Postgres;

namespace Portico.Bench.Ledger;

/// <summary>What the hash chain costs: the transfers a second of one server in rounds without and with sealing, in turns.</summary>
/// <remarks>
/// In a round without sealing, this process has the lock of the sealers. The server seals the journals of both rounds in the next one, so
/// the difference of two rounds counts for twice the transfers of one. As neighbours in one run, they are on the same machine.
/// </remarks>
internal static class LedgerSealing
{
    private const int Wallets = 10_000;

    // What waits for a round must be found in the memory of the server, as it is when nobody has the lock (CommittedJournals.Capacity).
    private static readonly TimeSpan MaxRound = TimeSpan.FromSeconds(3);

    // Shorter than the default, so that sealing begins with its round. The blocks are as large as the largest all the same.
    private const string SealInterval = "00:00:00.400";
    private const double MinSealed = 0.95;

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        if (options.Duration > MaxRound || options.Rounds < 2)
            throw new LoadException($"Sealing is measured in 2 or more rounds of {MaxRound.TotalSeconds:0} s at most.");
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        await using var database = NpgsqlDataSource.Create(stack.Superuser);
        var people = await stack.AddPeopleAsync(options.Connections, Role.User, cancellationToken);
        var wallets = await LoadWallets.OpenAsync(database, people, Wallets, cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var api = await stack.StartApiAsync(
            [new("Events__Consume", "false"), new("HashChain__SealInterval", SealInterval)], cancellationToken);
        var tokens = await LoadStack.SignInAsync(api, people, cancellationToken);
        long before = 0;
        var rounds = await ClosedLoop.RunAsync(
            api.Address, TransferClient.Each(tokens, wallets, Spread.Uniform, legs: 1),
            options with { Rounds = 2 * options.Rounds, Windows = [] }, () => stack.Processor(api), cancellationToken,
            async round =>
            {
                if (round == 0)
                    before = await Sealed(connection, cancellationToken);
                var change = round % 2 == 0 ? "pg_advisory_lock" : "pg_advisory_unlock";
                await new NpgsqlCommand($"SELECT {change}({BlockSealer.LockKey})", connection).Execute(cancellationToken);
            });
        var sealedNow = await Sealed(connection, cancellationToken) - before;
        LoadRound[] without = [.. rounds.Where((_, n) => n % 2 == 0)];
        LoadRound[] with = [.. rounds.Where((_, n) => n % 2 == 1)];
        report.Add("transfers, nothing is sealed", options.Connections, without);
        report.Add("transfers, those of two rounds are sealed", options.Connections, with);
        report.AddTable("HTTP");
        if (sealedNow < MinSealed * rounds.Sum(round => round.Latency.Count))
            throw new LoadException($"Only {sealedNow} journals were sealed in the rounds: the sealing does not keep up.");
        Report(report, without, with, sealedNow);
    }

    private static void Report(LoadReport report, LoadRound[] without, LoadRound[] with, long sealedNow)
    {
        // A round has the time T. At c for a transfer and s for its seal, T = without·c = with·c + (without + with)·s.
        double[] shares = [.. without.Zip(with, (off, on) => (off.PerSecond - on.PerSecond) / (off.PerSecond + on.PerSecond))];
        var (mean, error) = Statistics.MeanAndError(shares);
        var (api, postgres) = (Cost("API"), Cost("PostgreSQL"));
        report.AddSection(
            "Sealing",
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                Sealing takes {mean:0.0%} of the throughput, ± {error:0.0%} (standard error of {shares.Length} pairs of rounds).
                {sealedNow} journals were sealed, for {api:0.0} µs each of the API and {postgres:0.0} µs of PostgreSQL.
                """),
            new
            {
                shareOfThroughput = mean,
                standardError = error,
                journals = sealedNow,
                apiMicroseconds = api,
                postgresMicroseconds = postgres,
            });

        // What the transfers of the rounds with sealing took more than they would have taken without it.
        double Cost(string part)
        {
            var more = Seconds(with, part) - (Seconds(without, part) * Transfers(with) / Transfers(without));
            return more * 1e6 / sealedNow;
        }

        static double Seconds(LoadRound[] rounds, string part) => rounds.Sum(round => round.Processor[part]);
        static double Transfers(LoadRound[] rounds) => rounds.Sum(round => round.Latency.Count);
    }

    private static Task<long> Sealed(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        new NpgsqlCommand("SELECT count(*) FROM ledger.block_journals", connection)
            .ReadFirst(row => row.GetInt64(0), cancellationToken);
}
