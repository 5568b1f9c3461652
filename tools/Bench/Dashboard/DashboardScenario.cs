using Portico.Bench.Load;
using Portico.Domain.Users;

namespace Portico.Bench.Dashboard;

/// <summary>
/// What a page of several parts costs more than its parts, a batch more than its requests, and pages from services that take 4 ms.
/// </summary>
internal static class DashboardScenario
{
    private const int Wallets = 3;

    private static readonly string[] Parts = ["profile", "wallets", "forecasts", "notifications"];

    private static readonly string Batch =
        $$"""{"requests":[{{string.Join(',', Parts.Select(part => $$"""{"path":"/api/v1/dashboard?include={{part}}"}"""))}}]}""";

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        Environment.SetEnvironmentVariable(SlowService.InlineCompletions, "1");
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        await using var api = await stack.StartApiAsync(
            // However many rounds are asked for, the tokens outlast them.
            [new("Tokens__AccessTokenLifetime", "01:00:00")], cancellationToken);
        var people = await LoadStack.SignInAsync(
            api, await stack.AddPeopleAsync(options.Connections, Role.User, cancellationToken), cancellationToken);
        foreach (var tokens in people)
        {
            for (var n = 0; n < Wallets; n++)
                await api.CreateAsync("wallets", tokens, $$"""{"name":"Wallet {{n}}","currency":"EUR"}""", cancellationToken);
        }

        await Measure("one request", "/api/v1/users/me");
        foreach (var part in Parts)
            await Measure($"page of {part}", $"/api/v1/dashboard?include={part}");
        await Measure("page of all parts", "/api/v1/dashboard");
        // One caller: equal reads at the same time are one read.
        await Run("page of all parts, one caller", _ => RequestBytes.Get("/api/v1/dashboard", people[0].AccessToken));
        await Run("batch of the parts", n => RequestBytes.Send("POST", "/api/v1/batch", people[n].AccessToken, Batch));
        report.AddTable("Dashboard");
        await RunSlowAsync(stack, options, report, cancellationToken);
        await FixedRate.RunAsync(stack, options, report, cancellationToken);

        Task Measure(string what, string path) => Run(what, n => RequestBytes.Get(path, people[n].AccessToken));

        Task Run(string what, Func<int, byte[]> request) => stack.MeasureAsync(
            report,
            what,
            api,
            [.. Enumerable.Range(0, people.Count).Select(n => new RepeatingClient(request(n)))],
            options,
            cancellationToken);
    }

    /// <summary>Four parts, each from a service that answers after 4 ms: the scenario in which gateways of GraphQL are compared.</summary>
    private static async Task RunSlowAsync(LoadStack stack, LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var service = await SlowService.StartAsync();
        await using var api = await stack.StartApiAsync(service.Settings, cancellationToken, mode: SlowParts.Mode);
        foreach (var connections in options.ConnectionLevels)
        {
            var people = await LoadStack.SignInAsync(
                api, await stack.AddPeopleAsync(connections, Role.User, cancellationToken), cancellationToken);
            await Measure("one part of 4 ms", "first", people);
            await Measure("page of four parts of 4 ms", SlowParts.Include, people);
            await Measure("page of four parts of 4 ms, one caller", SlowParts.Include, [.. people.Select(_ => people[0])]);
        }

        report.AddTable("Parts from other services");

        Task Measure(string what, string parts, IReadOnlyList<LoadTokens> people) => stack.MeasureAsync(
            report,
            what,
            api,
            PageClient.Each(people, parts, goodParts: parts.Split(',').Length),
            options,
            cancellationToken);
    }
}
