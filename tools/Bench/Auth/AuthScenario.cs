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

    public static byte[] SignIn(string email, string password) =>
        RequestBytes.Send("POST", "/api/v1/auth/login", token: null, $$"""{"email":"{{email}}","password":"{{password}}"}""");
}
