using BenchmarkDotNet.Running;
using Portico.Bench;
using Portico.Bench.Auth;
using Portico.Bench.Dashboard;
using Portico.Bench.Events;
using Portico.Bench.Ledger;
using Portico.Bench.Load;
using Portico.Bench.Payments;
using Portico.Bench.Records;
using Portico.Bench.Runtime;
using Portico.Bench.Suite;
using Portico.Bench.Users;
using Portico.DevStack;
using Portico.Infrastructure.Hosting;

LoadScenario[] scenarios =
[
    new("auth", AuthScenario.RunAsync),
    new("auth-outage", RedisOutage.RunAsync),
    new("dashboard", DashboardScenario.RunAsync),
    new("events", EventsScenario.RunAsync),
    new("idle", IdleScenario.RunAsync)
    {
        ComparesVariants =
            true, Defaults = new LoadOptions { Rounds = 1, Duration = TimeSpan.FromSeconds(30), WarmUp = TimeSpan.FromSeconds(20) },
    },
    new("ledger", LedgerScenario.RunAsync),
    new("ledger-growth", LedgerGrowth.RunAsync),
    new("ledger-sealing", LedgerSealing.RunAsync)
    {
        Defaults = new LoadOptions { Rounds = 40, Duration = TimeSpan.FromSeconds(3), WarmUp = TimeSpan.FromSeconds(15) },
    },
    new("ledger-shards", LedgerShards.RunAsync),
    new("ledger-variants", LedgerVariants.RunAsync)
    {
        ComparesVariants = true,
        Defaults = new LoadOptions { Rounds = 26, Duration = TimeSpan.FromSeconds(2), WarmUp = TimeSpan.FromSeconds(25) },
    },
    new("records", RecordsScenario.RunAsync),
    new("search", SearchScenario.RunAsync),
    new("start", StartScenario.RunAsync)
    {
        ComparesVariants = true, Defaults = new LoadOptions { Rounds = 1, Duration = TimeSpan.FromSeconds(60), WarmUp = TimeSpan.Zero },
    },
    new("webhooks", WebhooksScenario.RunAsync),
];

if (args is ["--help" or "-h" or "help"])
{
    Console.WriteLine($"{Scenarios()}\n\n{LoadOptions.Usage}\n\n{SuiteOptions.Usage}");
    return 0;
}

// The scenario of the dashboard starts this program again, as an API with parts of its own.
if (args is [SlowParts.Mode])
    return await SlowParts.RunApiAsync();

// The scenario of sign-in starts it as a server to compare with.
if (args is [BareServer.Mode])
    return await BareServer.RunAsync();

// The scenario of two databases starts it to kill it.
if (args is [ShardTransfers.Mode, var shards])
    return await RunAsync(ending => ShardTransfers.RunAsync(shards, ending));

if (args is [SuiteRun.Name, .. var suite])
    return await RunAsync(ending => SuiteRun.RunAsync(suite, ending));

if (args is [var name, .. var rest] && !name.StartsWith('-'))
{
    return Array.Find(scenarios, scenario => scenario.Name == name) is { } found
        ? await RunAsync(ending => found.RunAsync(rest, ending))
        : Refuse(name);
}

// Without arguments BenchmarkSwitcher asks which benchmarks to run; a script wants all of them.
return BenchmarkSwitcher.FromAssembly(typeof(BenchConfig).Assembly)
    .Run(args.Length == 0 ? ["--filter", "*"] : args, new BenchConfig())
    .Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success))
        ? 1
        : 0;

static Task<int> RunAsync(Func<CancellationToken, Task<int>> run) => ConsoleProgram.RunAsync(async ending =>
{
    try
    {
        return await run(ending);
    }
    catch (OperationCanceledException) when (ending.IsCancellationRequested)
    {
        await Console.Error.WriteLineAsync("Cancelled.");
        return 1;
    }
    catch (Exception failure) when (failure is LocalStackException or LoadException)
    {
        await Console.Error.WriteLineAsync(failure.Message);
        return 1;
    }
});

int Refuse(string name)
{
    Console.Error.WriteLine($"There is no scenario '{name}'. {Scenarios()}");
    return 2;
}

string Scenarios() =>
    $"Scenarios: {string.Join(", ", scenarios.Select(scenario => scenario.Name))}; {SuiteRun.Name} runs most of them. "
    + "Without a scenario the micro-benchmarks run, with the options of BenchmarkDotNet such as --filter.";
