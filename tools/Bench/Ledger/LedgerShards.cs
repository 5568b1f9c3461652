using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using Portico.Bench.Load;
using Portico.DevStack;
using Portico.Domain.Users;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Bench.Ledger;

/// <summary>
/// The experiment of docs/scaling.md: several API processes, several databases, and transfers between two databases while the process that
/// makes them is killed.
/// </summary>
internal static class LedgerShards
{
    private const int Wallets = 10_000;
    private const int Kills = 20;
    private const string OneOfEach = "one API, one database";
    private const string TwoApis = "two APIs, one database";
    private const string TwoDatabases = "two APIs, two databases";
    private const string Between = "between two databases";

    private static readonly TimeSpan LongestLife = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var first = await Part.StartAsync(options, cancellationToken);
        await using var second = await Part.StartAsync(options, cancellationToken);
        await using var beside = await first.StartApiAsync(cancellationToken);
        (string What, Func<LoadOptions, Task<IReadOnlyList<LoadRound>>> Load, List<LoadRound> Rounds)[] loads =
        [
            (OneOfEach, now => WithinAsync([first, first], [first.Api, first.Api], now, cancellationToken), []),
            (TwoApis, now => WithinAsync([first, first], [first.Api, beside], now, cancellationToken), []),
            (TwoDatabases, now => WithinAsync([first, second], [first.Api, second.Api], now, cancellationToken), []),
            (Between, now => BetweenAsync(first, second, now, cancellationToken), []),
        ];
        loads = [.. loads.Where(load => options.Wants(load.What))];
        await Turns.RunAsync(
            [.. loads.Select(load => new Func<LoadOptions, Task>(async now => load.Rounds.AddRange(await load.Load(now))))], options);
        foreach (var load in loads)
            report.Add(load.What, options.Connections, load.Rounds);
        report.AddTable("Transfers");
        var left = await KillAsync(first, second, cancellationToken);
        await CheckAsync(first, second, left, report, cancellationToken);
    }

    /// <summary>Transfers within a database, with half of the connections at each API.</summary>
    private static async Task<IReadOnlyList<LoadRound>> WithinAsync(
        Part[] parts, ApiProcess[] apis, LoadOptions options, CancellationToken cancellationToken)
    {
        var clients = await ClientsAsync(parts, apis, options.Connections, cancellationToken);
        return await ClosedLoop.RunAsync(
            apis[0].Address, clients, options, () => LoadStack.Processor(parts.Select(part => part.Stack), apis), cancellationToken);
    }

    private static async Task<IReadOnlyList<LoadRound>> BetweenAsync(
        Part first, Part second, LoadOptions options, CancellationToken cancellationToken)
    {
        await using var transfers = new ShardTransfers(await ShardsAsync(first, second, cancellationToken));
        await transfers.LoadAsync(options.Connections, options.WarmUp, cancellationToken);
        List<LoadRound> rounds = [];
        while (rounds.Count < options.Rounds)
        {
            var before = Processor();
            var started = Stopwatch.GetTimestamp();
            var latency = await transfers.LoadAsync(options.Connections, options.Duration, cancellationToken);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            rounds.Add(LoadRound.Of(seconds, latency, new Dictionary<string, long>(StringComparer.Ordinal), before, Processor()));
        }

        return rounds;

        Dictionary<string, TimeSpan> Processor() => LoadStack.Processor([first.Stack, second.Stack], [first.Api, second.Api]);
    }

    /// <summary>Half of the connections at each API, each with the wallets of one person.</summary>
    private static async Task<ILoadClient[]> ClientsAsync(
        Part[] parts, ApiProcess[] apis, int connections, CancellationToken cancellationToken)
    {
        IReadOnlyList<LoadTokens>[] tokens =
            [await parts[0].SignInAsync(apis[0], cancellationToken), await parts[1].SignInAsync(apis[1], cancellationToken)];
        return
        [
            .. Enumerable.Range(0, connections).Select(n => (n, Half: n % 2)).Select(client => new TransferClient(
                tokens[client.Half][client.n].AccessToken, parts[client.Half].WalletsOf(client.n), parts[client.Half].AllWallets,
                Spread.Uniform, 1, client.n, apis[client.Half].Address)),
        ];
    }

    private static async Task<Shard[]> ShardsAsync(Part first, Part second, CancellationToken cancellationToken) =>
        [await first.ShardAsync(cancellationToken), await second.ShardAsync(cancellationToken)];

    /// <summary>Kills the process that makes transfers between the shards, each time soon after it began with new ones.</summary>
    /// <returns>How many transfers the kills left incomplete.</returns>
    private static async Task<long> KillAsync(Part first, Part second, CancellationToken cancellationToken)
    {
        Console.WriteLine($"Killing {Kills} processes that make transfers …");
        var shards = await ShardsAsync(first, second, cancellationToken);
        var file = Path.Combine(first.Stack.Folder, "shards.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(shards), cancellationToken);
        var left = 0L;
        for (var kill = 0; kill < Kills; kill++)
        {
            var log = Path.Combine(first.Stack.Folder, $"shard-transfers-{kill}.log");
            await using var process = await GuardedProcess.StartAsync(
                new GuardedCommand(
                    Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "Portico.Bench.dll"), ShardTransfers.Mode, file])
                {
                    LogFile = log,
                },
                cancellationToken);
            await HasBegunAsync(first, process, log, cancellationToken);
            await Task.Delay(LongestLife * Random.Shared.NextDouble(), cancellationToken);
            Posix.Send(process.ProcessId, Signal.Kill);
            await process.Exited;
            foreach (var part in (Part[])[first, second])
                left += await part.Database.ReadAsync<long>(ShardTransfers.CountOpen, cancellationToken);
        }

        await using var last = new ShardTransfers(shards);
        await last.ContinueAsync(cancellationToken);
        return left;
    }

    private static async Task HasBegunAsync(Part part, GuardedProcess process, string log, CancellationToken cancellationToken)
    {
        const string newest = "SELECT count(*) FROM shard_transfers";
        var before = await part.Database.ReadAsync<long>(newest, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        while (await part.Database.ReadAsync<long>(newest, cancellationToken) == before)
        {
            if (process.Exited.IsCompleted || Stopwatch.GetElapsedTime(started) > StartLimit)
                throw new LoadException($"The process makes no transfers.{LogTail.Of(log)}");
            await Task.Delay(Glance, cancellationToken);
        }
    }

    private static async Task CheckAsync(Part first, Part second, long left, LoadReport report, CancellationToken cancellationToken)
    {
        Sent[] sent =
            [await first.SentAsync(second.AllWallets, cancellationToken), await second.SentAsync(first.AllWallets, cancellationToken)];
        List<string> wrong = [];
        foreach (var (own, other) in ((Sent, Sent)[])[(sent[0], sent[1]), (sent[1], sent[0])])
        {
            if (own.Open + own.Held > 0)
                wrong.Add($"{own.Open} transfers are not complete, and {own.Held} minor units are held");
            if (own.Captured != own.Done || other.Paid != own.Done)
                wrong.Add($"{own.Done} transfers are done, {own.Captured} were taken from senders and {other.Paid} given to receivers");
            if (own.Voided != own.Undone || own.Undone != own.Strangers)
                wrong.Add($"{own.Undone} transfers are undone, {own.Voided} holds were voided, {own.Strangers} receivers do not exist");
        }

        if (sent.Sum(one => one.Clearing) != 0)
            wrong.Add($"the clearing wallets add up to {sent.Sum(one => one.Clearing)} minor units");
        foreach (var part in (Part[])[first, second])
        {
            await using var connection = await part.Database.OpenConnectionAsync(cancellationToken);
            if (await LedgerVerification.VerifyAsync(connection, _ => { }, cancellationToken) is not { IsSuccess: true, Value.Clean: true })
                wrong.Add("the verification of a ledger found an error");
        }

        report.AddSection(
            "Between the databases",
            $"""
            | from | done | undone | taken from senders | given to receivers | holds voided | change of the clearing wallet |
            |---|--:|--:|--:|--:|--:|--:|
            | the first | {sent[0].Done} | {sent[0].Undone} | {sent[0].Captured} | {sent[1].Paid} | {sent[0].Voided} | {sent[0].Clearing} |
            | the second | {sent[1].Done} | {sent[1].Undone} | {sent[1].Captured} | {sent[0].Paid} | {sent[1].Voided} | {sent[1].Clearing} |

            {Kills} kills left {left} transfers incomplete, and the next process completed them. {(wrong.Count == 0
                ? "Each of them has its effect once, the clearing wallets add up to zero, and both ledgers are clean."
                : $"**Wrong**: {string.Join("; ", wrong)}.")}
            """,
            new { sent, kills = Kills, left, wrong });
        if (wrong.Count > 0)
            report.Fail();
    }

    /// <summary>What a shard says about the transfers that it sent to the other, and received from there.</summary>
    /// <param name="Done">Rows that are complete.</param>
    /// <param name="Undone">Rows whose receiver was refused.</param>
    /// <param name="Open">Rows that are not complete.</param>
    /// <param name="Strangers">Rows of receivers that do not exist.</param>
    /// <param name="Captured">Holds that were captured.</param>
    /// <param name="Voided">Holds that were voided.</param>
    /// <param name="Paid">Transfers of the clearing wallet to receivers.</param>
    /// <param name="Held">Minor units that are still held.</param>
    /// <param name="Clearing">What the clearing wallet has more than at first, in minor units.</param>
    private sealed record Sent(
        long Done, long Undone, long Open, long Strangers, long Captured, long Voided, long Paid, decimal Held, decimal Clearing);

    /// <summary>A Portico with a database of its own, and people with wallets in it.</summary>
    private sealed class Part(
        LoadStack stack, NpgsqlDataSource database, ApiProcess api, IReadOnlyList<LoadPerson> people, Guid[][] wallets) : IAsyncDisposable
    {
        private readonly Guid _clearing = wallets[^1][0];

        public LoadStack Stack => stack;

        public NpgsqlDataSource Database => database;

        public ApiProcess Api => api;

        /// <summary>All wallets but those of the last person, which are for clearing.</summary>
        public Guid[] AllWallets { get; } = [.. wallets[..^1].SelectMany(own => own)];

        public static async Task<Part> StartAsync(LoadOptions options, CancellationToken cancellationToken)
        {
            var stack = await LoadStack.StartAsync(options, cancellationToken);
            var database = NpgsqlDataSource.Create(stack.Superuser);
            var people = await stack.AddPeopleAsync(options.Connections + 1, Role.User, cancellationToken);
            var wallets = await LoadWallets.OpenAsync(database, people, Wallets, cancellationToken);
            await database.ExecuteAsync(ShardTransfers.Table, cancellationToken);
            return new Part(stack, database, await StartApiAsync(stack, cancellationToken), people, wallets);
        }

        public Task<ApiProcess> StartApiAsync(CancellationToken cancellationToken) => StartApiAsync(stack, cancellationToken);

        public Guid[] WalletsOf(int person) => wallets[person];

        public Task<IReadOnlyList<LoadTokens>> SignInAsync(ApiProcess where, CancellationToken cancellationToken) =>
            LoadStack.SignInAsync(where, people, cancellationToken);

        public async Task<Shard> ShardAsync(CancellationToken cancellationToken)
        {
            var tokens = await SignInAsync(api, cancellationToken);
            return new Shard(
                api.Address,
                stack.Superuser,
                new ShardWallet(_clearing, tokens[^1].AccessToken),
                [.. wallets[..^1].SelectMany((own, n) => own.Select(wallet => new ShardWallet(wallet, tokens[n].AccessToken)))]);
        }

        /// <param name="receivers">The wallets of the other shard.</param>
        /// <param name="cancellationToken">Ends the reading.</param>
        public async Task<Sent> SentAsync(Guid[] receivers, CancellationToken cancellationToken) =>
            (await database.CreateCommand(
                """
                SELECT count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'undone'),
                       count(*) FILTER (WHERE state IN ('begun', 'refused')), count(*) FILTER (WHERE NOT to_wallet = ANY ($2)),
                       (SELECT count(*) FROM ledger.holds WHERE destination_id = $1 AND status = 'captured'),
                       (SELECT count(*) FROM ledger.holds WHERE destination_id = $1 AND status = 'voided'),
                       (SELECT count(*) FROM ledger.journals WHERE source_id = $1 AND kind = 'transfer'),
                       (SELECT sum(held) FROM ledger.accounts),
                       (SELECT coalesce(sum(amount), 0) FROM ledger.postings WHERE account_id = $1 AND account_version > 1)
                FROM shard_transfers
                """)
                .With(_clearing, receivers)
                .ReadFirst(
                    row => new Sent(
                        row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5),
                        row.GetInt64(6), row.GetDecimal(7), row.GetDecimal(8)),
                    cancellationToken))!;

        public async ValueTask DisposeAsync()
        {
            await api.DisposeAsync();
            await database.DisposeAsync();
            await stack.DisposeAsync();
        }

        // Events are published here and handled elsewhere: a letter for each transfer is another load.
        private static Task<ApiProcess> StartApiAsync(LoadStack stack, CancellationToken cancellationToken) =>
            stack.StartApiAsync([new("Events__Consume", "false")], cancellationToken);
    }
}
