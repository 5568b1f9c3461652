using System.Net.Http.Headers;
using System.Net.Http.Json;
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
            new Dictionary<string, string>(StringComparer.Ordinal) { ["Tokens__AccessTokenLifetime"] = "01:00:00" }, cancellationToken);
        var people = await LoadStack.SignInAsync(
            api, await stack.AddPeopleAsync(options.Connections, Role.User, cancellationToken), cancellationToken);
        foreach (var tokens in people)
            await OpenWallets(api, tokens, cancellationToken);

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
            [.. people.Select(person => new WholePageClient(RequestBytes.Get($"/api/v1/dashboard?include={parts}", person.AccessToken)))],
            options,
            cancellationToken);
    }

    private static async Task OpenWallets(ApiProcess api, LoadTokens tokens, CancellationToken cancellationToken)
    {
        for (var n = 0; n < Wallets; n++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/wallets");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
            request.Content = JsonContent.Create(new { name = $"Wallet {n}", currency = "EUR" });
            using var answer = await api.Client.SendAsync(request, cancellationToken);
            answer.EnsureSuccessStatusCode();
        }
    }
}

/// <summary>Asks for the same page for ever, and hopes for one without an error.</summary>
internal sealed class WholePageClient(byte[] request) : ILoadClient
{
    public ReadOnlySpan<byte> Next() => request;

    public bool Take(int status, ReadOnlySpan<byte> body) => status == 200 && body.EndsWith("\"errors\":[]}"u8);
}
