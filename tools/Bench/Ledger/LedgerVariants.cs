using System.Globalization;
using Npgsql;
using Portico.Bench.Load;
using Portico.Domain.Users;

namespace Portico.Bench.Ledger;

/// <summary>What transfers cost in one variant of the API against another, in rounds that take turns on one database.</summary>
/// <remarks>
/// On a machine whose speed changes, two runs one after the other differ more than two variants do. Here both sides of a pair of rounds
/// are a few seconds apart, and the pairs show how exact their mean is. All APIs run all the time; those whose turn it is not are idle.
/// </remarks>
internal static class LedgerVariants
{
    private const int Wallets = 10_000;

    private static readonly (string What, Func<LoadRound, double> Of)[] Figures =
    [
        ("transfers/s", round => round.PerSecond),
        ("API CPU", round => round.ProcessorPerRequest("API")),
        ("PostgreSQL CPU", round => round.ProcessorPerRequest("PostgreSQL")),
    ];

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        if (options.Variants.Count < 2 || options.Rounds < 2)
            throw new LoadException("Two variants or more are compared, in 2 rounds or more.");
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        await using var database = NpgsqlDataSource.Create(stack.Superuser);
        var people = await stack.AddPeopleAsync(options.Connections, Role.User, cancellationToken);
        var wallets = await LoadWallets.OpenAsync(database, people, Wallets, cancellationToken);
        List<Side> sides = [];
        try
        {
            foreach (var variant in options.Variants)
            {
                var api = await stack.StartApiAsync([new("Events__Consume", "false")], cancellationToken, variant);
                sides.Add(new Side(variant.Name, api, await LoadStack.SignInAsync(api, people, cancellationToken)));
            }

            List<string> lines = [];
            List<object> figures = [];
            foreach (var spread in Enum.GetValues<Spread>().Where(spread => options.Wants(NameOf(spread))))
            {
                var rounds = await InTurnsAsync(
                    stack, sides, side => TransferClient.Each(side.Tokens, wallets, spread, legs: 1), options, cancellationToken);
                for (var n = 0; n < sides.Count; n++)
                    report.Add($"{NameOf(spread)}, {sides[n].Name}", options.Connections, rounds[n]);
                for (var n = 1; n < sides.Count; n++)
                    Compare($"{NameOf(spread)}: {sides[n].Name} against {sides[0].Name}", rounds[0], rounds[n], lines, figures);
            }

            report.AddTable("HTTP");
            report.AddSection($"The mean of {options.Rounds} pairs, with its standard error", string.Join('\n', lines), figures);
        }
        finally
        {
            foreach (var side in sides)
                await side.Api.DisposeAsync();
        }
    }

    private static async Task<IReadOnlyList<LoadRound>[]> InTurnsAsync(
        LoadStack stack, IReadOnlyList<Side> sides, Func<Side, ILoadClient[]> clientsOf, LoadOptions options,
        CancellationToken cancellationToken)
    {
        ILoadClient[][] clients = [.. sides.Select(clientsOf)];
        List<LoadRound>[] rounds = [.. sides.Select(_ => new List<LoadRound>())];
        await Turns.RunAsync(
            [
                .. sides.Select((side, n) => new Func<LoadOptions, Task>(async now => rounds[n].AddRange(
                    await ClosedLoop.RunAsync(side.Api.Address, clients[n], now, () => stack.Processor(side.Api), cancellationToken)))),
            ],
            options);
        return rounds;
    }

    private static void Compare(
        string what, IReadOnlyList<LoadRound> first, IReadOnlyList<LoadRound> other, List<string> lines, List<object> figures)
    {
        List<string> parts = [];
        foreach (var (name, of) in Figures)
        {
            var (ratio, error) = Statistics.Ratio([.. first.Zip(other, (a, b) => of(b) / of(a))]);
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {ratio - 1:+0.0 %;-0.0 %} ± {error:0.0 %}"));
            figures.Add(new { What = what, Figure = name, Change = ratio - 1, StandardError = error });
        }

        lines.Add($"- {what}: {string.Join(", ", parts)}");
    }

    private static string NameOf(Spread spread) => spread == Spread.Hot ? "hot" : "uniform";

    private sealed record Side(string Name, ApiProcess Api, IReadOnlyList<LoadTokens> Tokens);
}
