using System.Globalization;
using Npgsql;
using Portico.Application.Ledger;
using Portico.Bench.Load;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Domain.Users;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Bench.Ledger;

/// <summary>What history costs those who read and write: the same load on a short ledger and on one that has grown for long.</summary>
/// <remarks>The history is written by the ledger's own write path, all of it into the wallets that are read.</remarks>
internal static class LedgerGrowth
{
    private const int Group = 1_000;
    private const int Wallets = 16;
    private const int StatementEntries = 100;
    private const double Allowed = 0.8;
    private const string History = "history";
    private const string BalanceAt = "balance at";
    private const string Statement = "statement";
    private const string Transfer = "transfer";
    private static readonly int[] Sizes = [10_000, 10_000_000];
    // The longest history fits into the day before now.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);
    private static readonly Currency Euro = Currency.Of("EUR");

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var shortest = await Grown.StartAsync(Sizes[0], options, cancellationToken);
        await using var longest = await Grown.StartAsync(Sizes[1], options, cancellationToken);
        Grown[] ledgers = [shortest, longest];
        List<Found> found = [];
        foreach (var what in (string[])[History, BalanceAt, Statement, Transfer])
        {
            if (!options.Wants(what))
                continue;
            // Access tokens live for minutes.
            foreach (var ledger in ledgers)
                await ledger.SignInAsync(cancellationToken);
            var rounds = ledgers.ToDictionary(ledger => ledger, _ => new List<LoadRound>());
            await Turns.RunAsync(
                [
                    .. ledgers.Select(ledger => new Func<LoadOptions, Task>(
                        async now => rounds[ledger].AddRange(await ledger.LoadAsync(what, now, cancellationToken)))),
                ],
                options);
            foreach (var ledger in ledgers)
            {
                LoadStack.Report(report, $"{what}, {ledger.Size} postings", options.Connections, options, rounds[ledger]);
                found.Add(Of(what, ledger.Size, rounds[ledger]));
            }
        }

        await VerifyAsync(ledgers, report, cancellationToken);
        foreach (var ledger in ledgers)
            report.AddSection($"Plans at {ledger.Size} postings", await ledger.PlansAsync(cancellationToken), new { ledger.Size });
        report.AddTable("HTTP");
        Compare(report, found);
    }

    private static Found Of(string what, int size, List<LoadRound> rounds) => new(
        what, size, rounds.Median(round => round.PerSecond), rounds.Median(round => round.Latency.Quantile(0.5)),
        rounds.Median(round => round.Latency.Quantile(0.99)), rounds.Median(round => round.ProcessorPerRequest("PostgreSQL") * 1000));

    /// <summary>A ledger with as much history as was asked for, and an API on it.</summary>
    private sealed class Grown(
        LoadStack stack, NpgsqlDataSource database, ApiProcess api, IReadOnlyList<LoadPerson> people, Account[] wallets, int size,
        DateTimeOffset begin, DateTimeOffset end) : IAsyncDisposable
    {
        private IReadOnlyList<LoadTokens> _tokens = [];

        public int Size => size;

        public static async Task<Grown> StartAsync(int size, LoadOptions options, CancellationToken cancellationToken)
        {
            var stack = await LoadStack.StartAsync(options, cancellationToken);
            var database = NpgsqlDataSource.Create(stack.Superuser);
            var people = await stack.AddPeopleAsync(Wallets, Role.User, cancellationToken);
            var wallets = await OpenAsync(database, people, TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(1), cancellationToken);
            // Letters about the transfers of one ledger would be sent while the other is measured.
            var api = await stack.StartApiAsync([new("Events__Consume", "false")], cancellationToken);
            var (begin, end) = await FillAsync(database, wallets, size, cancellationToken);
            return new Grown(stack, database, api, people, wallets, size, begin, end);
        }

        public async Task SignInAsync(CancellationToken cancellationToken) =>
            _tokens = await LoadStack.SignInAsync(api, people, cancellationToken);

        public Task<IReadOnlyList<LoadRound>> LoadAsync(string what, LoadOptions options, CancellationToken cancellationToken) =>
            ClosedLoop.RunAsync(
                api.Address, [.. Enumerable.Range(0, options.Connections).Select(n => Client(what, n))], options,
                () => stack.Processor(api), cancellationToken);

        public Task<string> PlansAsync(CancellationToken cancellationToken) =>
            LedgerGrowth.PlansAsync(database, wallets[0].Id, begin + ((end - begin) / 2), cancellationToken);

        /// <summary>Recomputes the ledger and its chain from their rows, as <c>Migrator ledger verify</c> does.</summary>
        public async Task<LedgerVerificationDto> VerifyAsync(CancellationToken cancellationToken)
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            return (await LedgerVerification.VerifyAsync(connection, _ => { }, cancellationToken)).Value;
        }

        public async ValueTask DisposeAsync()
        {
            await api.DisposeAsync();
            await database.DisposeAsync();
            await stack.DisposeAsync();
        }

        private ILoadClient Client(string what, int n)
        {
            var (token, random) = (_tokens[n % Wallets].AccessToken, new Random(n));
            return what == Transfer
                ? new TransferClient(
                    token, [wallets[n % Wallets].Id], [.. wallets.Select(wallet => wallet.Id)], Spread.Uniform, 1, n)
                : new RepeatingClient(() => RequestBytes.Get($"/api/v1/wallets/{wallets[n % Wallets].Id}/{Path(what, random)}", token));
        }

        private string Path(string what, Random random)
        {
            // Each step of time is a posting in one of the wallets.
            var span = what == Statement ? Step * StatementEntries * Wallets : TimeSpan.Zero;
            var at = begin + ((end - begin - span) * random.NextDouble());
            return what switch
            {
                History => "entries",
                BalanceAt => $"balance?at={Text(at)}",
                _ => $"statement?from={Text(at)}&to={Text(at + span)}",
            };
        }
    }

    private static async Task VerifyAsync(Grown[] ledgers, LoadReport report, CancellationToken cancellationToken)
    {
        List<string> lines = ["| postings | journals | seconds | postings a second | clean |", "|--:|--:|--:|--:|---|"];
        List<object> found = [];
        foreach (var ledger in ledgers)
        {
            var verified = await ledger.VerifyAsync(cancellationToken);
            var seconds = verified.DurationMs / 1000.0;
            lines.Add(
                $"| {verified.Postings} | {verified.Journals} | {seconds:0.00} | {verified.Postings / seconds:0} "
                + $"| {(verified.Clean ? "yes" : "**no**")} |");
            found.Add(new { verified.Postings, Seconds = seconds, verified.Clean });
            if (!verified.Clean)
                report.Fail();
        }

        report.AddSection("Verification", string.Join('\n', lines), found);
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
        await database.ExecuteAsync(
            "UPDATE ledger.accounts SET recorded_at = (SELECT min(recorded_at) FROM ledger.accounts) WHERE version = 0", cancellationToken);
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
        var present = await database.ReadAsync<long>("SELECT count(*) FROM ledger.postings", cancellationToken);
        var begin = new DateTimeOffset(
            await database.ReadAsync<DateTime>("SELECT max(recorded_at) FROM ledger.accounts", cancellationToken));
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
        // What filling left to write would be written during the loads.
        await database.ExecuteAsync("VACUUM ANALYZE", cancellationToken);
        await database.ExecuteAsync("CHECKPOINT", cancellationToken);

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
            await using var command = database.CreateCommand($"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {sql}").With(values);
            lines.AddRange(
                [$"{what}:", "", "```", .. await command.ReadAll(row => row.GetString(0), cancellationToken), "```", ""]);
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
            if (ratio < Allowed)
                report.Fail();
            lines.Add(
                $"| {one.What} | {one.Size} | {one.PerSecond:0} | {one.P50:0.00} | {one.P99:0.00} | {one.PostgresMicroseconds:0} "
                + $"| × {ratio:0.00}{(ratio < Allowed ? " (too slow)" : "")} |");
        }

        report.AddSection("Growth", string.Join('\n', lines), found);
    }

    private sealed record Found(string What, int Size, double PerSecond, double P50, double P99, double PostgresMicroseconds);
}
