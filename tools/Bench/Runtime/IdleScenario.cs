using System.Globalization;
using Npgsql;
using Portico.Bench.Load;
using StackExchange.Redis;

namespace Portico.Bench.Runtime;

/// <summary>What an API costs that nobody asks anything: its own processor time, that of the servers, and what it asks them.</summary>
internal static class IdleScenario
{
    /// <summary>The share of a core that an idle API may use, in percent.</summary>
    private const double Promised = 0.5;

    private const int MaxCommands = 20;

    private const string TransactionsSql = "SELECT sum(xact_commit + xact_rollback)::bigint FROM pg_stat_database";

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        await using var database = NpgsqlDataSource.Create(stack.Superuser);
        using var redis = await ConnectionMultiplexer.ConnectAsync($"{stack.Servers.Redis.ConnectionString},allowAdmin=true");
        // The generator is not idle while it measures.
        string[] parts = [.. LoadStack.Parts.Where(part => part != "generator")];
        List<Idle> found = [];
        for (var round = 0; round < options.Rounds; round++)
        {
            foreach (var variant in options.Variants)
            {
                Console.WriteLine(
                    $"{variant.Name}: settling for {options.WarmUp.TotalSeconds:0} s, then idle for {options.Duration.TotalSeconds:0} s …");
                await using var api = await stack.StartApiAsync([], cancellationToken, variant);
                await Task.Delay(options.WarmUp, cancellationToken);
                var transactionsBefore = await database.ReadAsync<long>(TransactionsSql, cancellationToken);
                var commandsBefore = await CommandsAsync(redis);
                var (before, since) = (stack.Processor(api), api.Age);
                await Task.Delay(options.Duration, cancellationToken);
                var (after, seconds) = (stack.Processor(api), (api.Age - since).TotalSeconds);
                var commands = await CommandsAsync(redis);
                var transactions = await database.ReadAsync<long>(TransactionsSql, cancellationToken) - transactionsBefore;
                var shares = parts.ToDictionary(
                    part => part, part => (after[part] - before[part]).TotalSeconds / seconds * 100, StringComparer.Ordinal);
                var rates = commands
                    .Select(command => (command.Key, Rate: (command.Value - commandsBefore.GetValueOrDefault(command.Key)) / seconds))
                    .Where(command => command.Rate > 0)
                    .OrderByDescending(command => command.Rate)
                    .Take(MaxCommands)
                    .ToDictionary(command => command.Key, command => command.Rate, StringComparer.Ordinal);
                found.Add(new Idle(variant.Name, shares, transactions / seconds, rates));
            }
        }

        Report(report, parts, found);
    }

    private static void Report(LoadReport report, string[] parts, List<Idle> found)
    {
        List<string> lines =
        [
            $"| | {string.Join(" | ", parts.Select(part => $"{part} % of a core"))} "
            + "| PostgreSQL transactions/s | Redis commands/s |",
            $"|---|{string.Concat(parts.Select(_ => "--:|"))}--:|--:|",
        ];
        var variants = found.GroupBy(one => one.Variant, StringComparer.Ordinal);
        foreach (var variant in variants)
        {
            var shares = parts.Select(part => $"{variant.Median(one => one.Share[part]):0.00}");
            var transactions = variant.Median(one => one.Transactions);
            var commands = variant.Median(one => one.Commands.Values.Sum());
            lines.Add($"| {variant.Key} | {string.Join(" | ", shares)} | {transactions:0.00} | {commands:0.00} |");
        }

        lines.AddRange(
        [
            "",
            $"Medians of the rounds; at most {Promised} % of a core are promised for the API. "
            + "The transactions and commands include those of the measuring itself.",
            "",
            "| Redis command | a second |",
            "|---|--:|",
            .. found[^1].Commands.Select(command => $"| {command.Key} | {command.Value:0.00} |"),
        ]);
        report.AddSection("An idle API", string.Join('\n', lines), found);
        if (variants.Any(variant => variant.Median(one => one.Share["API"]) > Promised))
            report.Fail();
    }

    private static async Task<Dictionary<string, long>> CommandsAsync(ConnectionMultiplexer redis)
    {
        var groups = await redis.GetServer(redis.GetEndPoints()[0]).InfoAsync("commandstats");
        // cmdstat_get:calls=7,usec=…
        return groups.SelectMany(group => group).ToDictionary(
            line => line.Key["cmdstat_".Length..],
            line => long.Parse(line.Value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture),
            StringComparer.Ordinal);
    }

    private sealed record Idle(
        string Variant, IReadOnlyDictionary<string, double> Share, double Transactions, IReadOnlyDictionary<string, double> Commands);
}
