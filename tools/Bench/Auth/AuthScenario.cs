using System.Net.Http.Json;
using Npgsql;
using Portico.Bench.Load;
using Portico.Domain.Users;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Bench.Auth;

/// <summary>What a token check, a refresh and a sign-in cost under either algorithm, and whether time tells who has an account.</summary>
internal static class AuthScenario
{
    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        var people = await stack.AddPeopleAsync(options.Connections, Role.User, cancellationToken);
        foreach (var algorithm in TokenKey.Algorithms)
            await LoadAsync(stack, report, algorithm, people, options, cancellationToken);

        AuthParts.Measure(report, cancellationToken);
        await AccountTiming.RunAsync(stack, report, cancellationToken);
    }

    private static async Task LoadAsync(
        LoadStack stack, LoadReport report, string algorithm, IReadOnlyList<LoadPerson> people, LoadOptions options,
        CancellationToken cancellationToken)
    {
        // Without keys the API makes some for the algorithm that it is told, and need not wait until they are known.
        await using (var database = NpgsqlDataSource.Create(stack.Superuser))
        await using (var forget = database.CreateCommand("DELETE FROM identity.signing_keys"))
            await forget.ExecuteNonQueryAsync(cancellationToken);
        await using var api = await stack.StartApiAsync(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["Tokens__Algorithm"] = algorithm }, cancellationToken);
        var tokens = await LoadStack.SignInAsync(api, people, cancellationToken);

        await stack.MeasureAsync(
            report, $"check, {algorithm}", api,
            [.. tokens.Select(one => new RepeatingClient(RequestBytes.Get("/api/v1/auth/check", one.AccessToken)))], options,
            cancellationToken);
        var cookies = await SignInByCookieAsync(api, people, cancellationToken);
        await stack.MeasureAsync(
            report, $"check by cookie, {algorithm}", api,
            [.. cookies.Select(cookie => new RepeatingClient(RequestBytes.Get("/api/v1/auth/check", token: null, ("Cookie", cookie))))],
            options, cancellationToken);
        await stack.MeasureAsync(
            report, $"verify, {algorithm}", api,
            [.. tokens.Select(one => new RepeatingClient(RequestBytes.Get("/api/v1/auth/verify", one.AccessToken)))], options,
            cancellationToken);
        await stack.MeasureAsync(
            report,
            $"refresh, {algorithm}",
            api,
            [.. tokens.Select(one => new RefreshingClient(one.RefreshToken))],
            options,
            cancellationToken);
        await stack.MeasureAsync(
            report,
            $"sign-in, {algorithm}",
            api,
            [.. people.Select(one => new RepeatingClient(SignIn(one.Email, one.Password)))],
            options,
            cancellationToken);
        report.AddTable($"Sign-in and tokens, {algorithm}");
    }

    /// <summary>Signs people in as their browsers do.</summary>
    /// <returns>The <c>Cookie</c> header of each.</returns>
    private static async Task<IReadOnlyList<string>> SignInByCookieAsync(
        ApiProcess api, IReadOnlyList<LoadPerson> people, CancellationToken cancellationToken)
    {
        // A client that kept cookies would end the session of the person before.
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = api.Client.BaseAddress };
        client.DefaultRequestHeaders.Add("X-CSRF", "1");
        client.DefaultRequestHeaders.Add("Origin", client.BaseAddress!.GetLeftPart(UriPartial.Authority));
        List<string> cookies = [];
        foreach (var person in people)
        {
            using var answer = await client.PostAsJsonAsync(
                "/api/v1/session/login", new { person.Email, person.Password }, cancellationToken);
            answer.EnsureSuccessStatusCode();
            cookies.Add(answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        }

        return cookies;
    }

    public static byte[] SignIn(string email, string password) =>
        RequestBytes.Send("POST", "/api/v1/auth/login", token: null, $$"""{"email":"{{email}}","password":"{{password}}"}""");
}
