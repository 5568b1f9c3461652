using System.Net.Http.Json;
using Npgsql;
using Portico.Bench.Load;
using Portico.DevStack;
using Portico.Domain.Users;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Bench.Auth;

/// <summary>
/// What a token check, a refresh and a sign-in cost under either algorithm, what a server that checks nothing costs, whether time tells
/// who has an account, and how soon other processes refuse a session that has ended.
/// </summary>
internal static class AuthScenario
{
    private const string RpcCheck = "grpc check";

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        var people = await stack.AddPeopleAsync(options.Connections, Role.User, cancellationToken);
        foreach (var algorithm in TokenKey.Algorithms)
            await LoadAsync(stack, report, algorithm, people, options, cancellationToken);
        await LoadBareAsync(stack, report, options, cancellationToken);

        if (options.Only.Length > 0)
            return;

        AuthParts.Measure(report, cancellationToken);
        await AccountTiming.RunAsync(stack, report, cancellationToken);
        await RevocationTiming.RunAsync(stack, report, cancellationToken);
    }

    private static async Task LoadBareAsync(
        LoadStack stack, LoadReport report, LoadOptions options, CancellationToken cancellationToken)
    {
        const string Verify = "verify, bare server";
        const string Check = $"{RpcCheck}, bare server";
        if (!options.Wants(Verify) && !options.Wants(Check))
            return;

        var rpc = $"http://127.0.0.1:{Ports.Free()}";
        await using var server = await stack.StartApiAsync(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["Grpc__Url"] = rpc }, cancellationToken, mode: BareServer.Mode);
        LoadTokens[] tokens = [.. Enumerable.Repeat(new LoadTokens("no token", ""), options.Connections)];
        await stack.MeasureAsync(
            report, Verify, server,
            [.. tokens.Select(one => new RepeatingClient(RequestBytes.Get("/api/v1/auth/verify", one.AccessToken, [])))],
            options, cancellationToken);
        await stack.MeasureAsync(report, Check, server, Checks(rpc, tokens), options, cancellationToken);
        report.AddTable("A server that checks nothing");
    }

    private static async Task LoadAsync(
        LoadStack stack, LoadReport report, string algorithm, IReadOnlyList<LoadPerson> people, LoadOptions options,
        CancellationToken cancellationToken)
    {
        // Without keys the API makes some for the algorithm that it is told, and need not wait until they are known.
        await using (var database = NpgsqlDataSource.Create(stack.Superuser))
        await using (var forget = database.CreateCommand("DELETE FROM identity.signing_keys"))
            await forget.ExecuteNonQueryAsync(cancellationToken);
        var rpc = $"http://127.0.0.1:{Ports.Free()}";
        await using var api = await stack.StartApiAsync(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["Tokens__Algorithm"] = algorithm, ["Grpc__Url"] = rpc },
            cancellationToken);
        var tokens = await LoadStack.SignInAsync(api, people, cancellationToken);

        await Measure("check", () => [.. tokens.Select(one => Get("check", one.AccessToken))]);
        if (options.Wants("check by cookie"))
        {
            var cookies = await SignInByCookieAsync(api, people, cancellationToken);
            await Measure("check by cookie", () => [.. cookies.Select(cookie => Get("check", token: null, ("Cookie", cookie)))]);
        }

        await Measure("verify", () => [.. tokens.Select(one => Get("verify", one.AccessToken))]);
        await Measure(RpcCheck, () => Checks(rpc, tokens));
        await Measure("refresh", () => [.. tokens.Select(one => new RefreshingClient(one.RefreshToken))]);
        await Measure("sign-in", () => [.. people.Select(one => new RepeatingClient(SignIn(one.Email, one.Password)))]);
        report.AddTable($"Sign-in and tokens, {algorithm}");

        Task Measure(string what, Func<ILoadClient[]> clients) =>
            stack.MeasureAsync(report, $"{what}, {algorithm}", api, clients(), options, cancellationToken);

        static RepeatingClient Get(string path, string? token, params (string Name, string Value)[] headers) =>
            new(RequestBytes.Get($"/api/v1/auth/{path}", token, headers));
    }

    private static ILoadClient[] Checks(string rpc, IEnumerable<LoadTokens> tokens) =>
        [.. tokens.Select(one => new RpcClient(new Uri(rpc), RpcConnection.Call("/portico.auth.v1.Auth/Check", one.AccessToken, [])))];

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
