using System.Net.Http.Headers;
using System.Net.Http.Json;
using Portico.Bench.Load;
using Portico.Domain.Users;

namespace Portico.Bench.Dashboard;

/// <summary>What a page of several parts costs more than its parts, and a batch more than its requests.</summary>
internal static class DashboardScenario
{
    private const int Wallets = 3;

    private static readonly string[] Parts = ["profile", "wallets", "forecasts", "notifications"];

    private static readonly string Batch =
        $$"""{"requests":[{{string.Join(',', Parts.Select(part => $$"""{"path":"/api/v1/dashboard?include={{part}}"}"""))}}]}""";

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
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

        Task Measure(string what, string path) => Run(what, n => RequestBytes.Get(path, people[n].AccessToken));

        Task Run(string what, Func<int, byte[]> request) => stack.MeasureAsync(
            report,
            what,
            api,
            [.. Enumerable.Range(0, people.Count).Select(n => new RepeatingClient(request(n)))],
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
