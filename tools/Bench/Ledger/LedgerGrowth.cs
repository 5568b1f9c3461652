using System.Globalization;
using Npgsql;
using Portico.Bench.Load;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Domain.Users;
using Portico.Infrastructure.Ledger;

namespace Portico.Bench.Ledger;

/// <summary>What history costs those who read and write: the same load on a short ledger and on one that has grown for long.</summary>
/// <remarks>The history is written by the ledger's own write path, all of it into the wallets that are read.</remarks>
internal static class LedgerGrowth
{
    private const int Group = 1_000;
    private const int Wallets = 16;
    private const int StatementEntries = 100;
    private const double Allowed = 0.8;
    private static readonly int[] Sizes = [10_000, 10_000_000];
    // The longest history fits into the day before now.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);
    private static readonly Currency Euro = Currency.Of("EUR");

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        await using var database = NpgsqlDataSource.Create(stack.Superuser);
        var people = await stack.AddPeopleAsync(Wallets, Role.User, cancellationToken);
        var wallets = await OpenAsync(database, people, TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(1), cancellationToken);

        await using var api = await stack.StartApiAsync(new Dictionary<string, string>(StringComparer.Ordinal), cancellationToken);
        List<Found> found = [];
        foreach (var size in Sizes)
        {
            var (begin, end) = await FillAsync(database, wallets, size, cancellationToken);
            var tokens = await LoadStack.SignInAsync(api, people, cancellationToken);
            (string What, Func<int, ILoadClient> Client)[] loads =
            [
                .. Reads(begin, end)
                .Select(
                    read =>
                        (
                            read.What,
                            (Func<int, ILoadClient>)(
                                n => new ReadClient(tokens[n % Wallets].AccessToken, wallets[n % Wallets].Id, read.Path, n)))),
                (
                    "transfer",
                    n =>
                        new TransferClient(
                            tokens[n % Wallets].AccessToken,
                            [wallets[n % Wallets].Id],
                            [.. wallets.Select(wallet => wallet.Id)],
                            Spread.Uniform,
                            1,
                            n)),
            ];
            // The first size would be measured with code that is not compiled for good yet.
            foreach (var (_, client) in size == Sizes[0] ? loads : [])
                await ClosedLoop.RunAsync(
                    api.Address,
                    Clients(client),
                    options.WithoutRounds(),
                    static () => new Dictionary<string,
                    TimeSpan>(StringComparer.Ordinal),
                    cancellationToken);
            foreach (var (what, client) in loads)
                await MeasureAsync(what, size, client);
            report.AddSection(
                $"Plans at {size} postings",
                await PlansAsync(database, wallets[0].Id, begin + ((end - begin) / 2), cancellationToken),
                new { size });
        }

        report.AddTable("HTTP");
        Compare(report, found);

        async Task MeasureAsync(string what, int size, Func<int, ILoadClient> client)
        {
            var rounds = await stack.MeasureAsync(report, $"{what}, {size} postings", api, Clients(client), options, cancellationToken);
            found.Add(new Found(
                what, size, Median(round => round.PerSecond), Median(round => round.Latency.Quantile(0.5)),
                Median(round => round.Latency.Quantile(0.99)),
                Median(round => round.ProcessorPerRequest("PostgreSQL") * 1000)));

            double Median(Func<LoadRound, double> of) => Statistics.Median([.. rounds.Select(of)]);
        }

        ILoadClient[] Clients(Func<int, ILoadClient> client) => [.. Enumerable.Range(0, options.Connections).Select(client)];
    }

    private static IEnumerable<(string What, Func<Random, string> Path)> Reads(DateTimeOffset begin, DateTimeOffset end)
    {
        // Each step of time is a posting in one of the wallets.
        var span = Step * StatementEntries * Wallets;
        yield return ("history", _ => "entries");
        yield return ("balance at", random => $"balance?at={Text(begin + ((end - begin) * random.NextDouble()))}");
        yield return ($"statement of {StatementEntries}", random =>
        {
            var from = begin + ((end - begin - span) * random.NextDouble());
            return $"statement?from={Text(from)}&to={Text(from + span)}";
        }
        );
    }

    private static string Text(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A wallet for each person, with money in it.</summary>
    private static async Task<Account[]> OpenAsync(
        NpgsqlDataSource database, IReadOnlyList<LoadPerson> people, DateTimeOffset begin, CancellationToken cancellationToken)
    {
        Account[] accounts = [.. people.Select(person => Account.OfWallet(Guid.CreateVersion7(begin), person.Id, Euro, begin))];
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await LoadWallets.InsertAsync(connection, accounts, cancellationToken);
        await using var backdate = new NpgsqlCommand(
            "UPDATE ledger.accounts SET recorded_at = (SELECT min(recorded_at) FROM ledger.accounts) WHERE version = 0", connection);
        await backdate.ExecuteNonQueryAsync(cancellationToken);
        await using var session = await LedgerSession.Open(database, cancellationToken, withEvents: false);
        await session.Execute(
            [
                .. accounts.Select(
                    account => Movement.Deposit(Guid.CreateVersion7(begin), null, account.Id, Money.Of(1_000_000_000, Euro), null)
                        with { At = begin }),
            ]);
        return accounts;
    }

    /// <summary>Adds transfers, each a little later than the one before, until there are as many postings.</summary>
    /// <returns>When the first and the last were recorded.</returns>
    private static async Task<(DateTimeOffset First, DateTimeOffset Last)> FillAsync(
        NpgsqlDataSource database, Account[] wallets, int size, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var count = new NpgsqlCommand(
            "SELECT (SELECT count(*) FROM ledger.postings), (SELECT max(recorded_at) FROM ledger.accounts)", connection);
        long present;
        DateTimeOffset begin;
        await using (var reader = await count.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            (present, begin) = (reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1));
        }

        Console.WriteLine($"Writing {size - present} postings …");
        var random = new Random(1);
        var at = begin;
        Guid last = default;
        await using (var session = await LedgerSession.Open(database, cancellationToken, withEvents: false))
        {
            for (; present < size; present += 2 * Group)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await session.Execute([.. Enumerable.Range(0, Group).Select(_ => Next())]);
            }
        }

        await SealedAsync(database, last, cancellationToken);
        await using var settle = new NpgsqlCommand("VACUUM ANALYZE", connection) { CommandTimeout = 0 };
        await settle.ExecuteNonQueryAsync(cancellationToken);
        return (begin, at);

        Instruction Next()
        {
            var from = random.Next(wallets.Length);
            var to = (from + 1 + random.Next(wallets.Length - 1)) % wallets.Length;
            var id = last = Guid.CreateVersion7(at += 2 * Step);
            return Movement.Transfer(
                id,
                wallets[from].OwnerId!.Value,
                [new Leg(id, wallets[from].Id, wallets[to].Id, Money.Of(1, Euro), "Lunch")]) with
            { At = at };
        }
    }

    /// <summary>Waits until the API has sealed all of it, so that a load does not share the processors with that work.</summary>
    private static async Task SealedAsync(NpgsqlDataSource database, Guid last, CancellationToken cancellationToken)
    {
        Console.WriteLine("Sealing them …");
        await using var isSealed = database.CreateCommand("SELECT EXISTS (SELECT FROM ledger.block_journals WHERE journal_id = $1)");
        isSealed.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = last });
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await isSealed.ExecuteScalarAsync(cancellationToken) is false)
            await timer.WaitForNextTickAsync(cancellationToken);
    }

    private static async Task<string> PlansAsync(
        NpgsqlDataSource database, Guid wallet, DateTimeOffset instant, CancellationToken cancellationToken)
    {
        List<string> lines = [];
        foreach (var (what, sql, values) in ((string, string, object[])[])
            [
                ("history", WalletHistory.BeforeSql, [wallet, long.MaxValue, 20]),
                ("balance at", WalletHistory.UntilSql, [wallet, instant]),
                ("a part of a statement", WalletHistory.BetweenSql, [wallet, 100L, 1_100L, 1_000]),
            ])
        {
            await using var command = database.CreateCommand($"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {sql}");
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            lines.AddRange([$"{what}:", "", "```"]);
            while (await reader.ReadAsync(cancellationToken))
                lines.Add(reader.GetString(0));
            lines.AddRange(["```", ""]);
        }

        return string.Join('\n', lines);
    }

    private static void Compare(LoadReport report, List<Found> found)
    {
        List<string> lines =
            [
                "| | postings | a second | p50 ms | p99 ms | PostgreSQL CPU µs | a second against the shortest |",
                "|---|--:|--:|--:|--:|--:|--:|"
            ];
        foreach (var one in found)
        {
            var ratio = one.PerSecond / found.First(other => other.What == one.What).PerSecond;
            lines.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {one.What} | {one.Size} | {one.PerSecond:0} | {one.P50:0.00} | {one.P99:0.00} | {one.PostgresMicroseconds:0} "
                    + $"| × {ratio:0.00}{(ratio < Allowed ? " (too slow)" : "")} |"));
        }

        report.AddSection("Growth", string.Join('\n', lines), found);
    }

    private sealed record Found(string What, int Size, double PerSecond, double P50, double P99, double PostgresMicroseconds);

    /// <summary>Reads a wallet's history at a place that differs each time.</summary>
    private sealed class ReadClient(string token, Guid wallet, Func<Random, string> path, int seed) : ILoadClient
    {
        private readonly Random _random = new(seed);

        public ReadOnlySpan<byte> Next() => RequestBytes.Get($"/api/v1/wallets/{wallet}/{path(_random)}", token);

        public bool Take(int status, ReadOnlySpan<byte> body) => status == 200;
    }
}
