using Portico.Bench.Load;
using Portico.Domain.Users;

namespace Portico.Bench.Auth;

/// <summary>What a token check and a refresh cost.</summary>
internal static class AuthScenario
{
    private const int FewIterations = 1000;

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(FewIterations, cancellationToken);
        await using var api = await stack.StartApiAsync(new Dictionary<string, string>(StringComparer.Ordinal), cancellationToken);
        var people = await stack.AddPeopleAsync(options.Connections, Role.User, cancellationToken);
        var tokens = await LoadStack.SignInAsync(api, people, cancellationToken);

        await stack.MeasureAsync(
            report, "check", api, [.. tokens.Select(one => new RepeatingClient(RequestBytes.Get("/api/v1/auth/check", one.AccessToken)))], options, cancellationToken);
        await stack.MeasureAsync(report, "refresh", api, [.. tokens.Select(one => new RefreshingClient(one.RefreshToken))], options, cancellationToken);
        report.AddTable("Tokens");
    }
}
