using System.Text.Json;

namespace Portico.IntegrationTests.AccessTokens;

/// <summary>What the verifier in Node says of a token.</summary>
internal sealed record JoseVerdict(bool Ok, string? Code, JsonElement? Claims);

/// <summary>Runs <c>jose/verify.mjs</c>, a service in another language that knows nothing but the issuer's address.</summary>
internal static class JoseVerifier
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "AccessTokens", "jose");
    private static readonly TimeSpan VerifyDeadline = TimeSpan.FromSeconds(30);

    public static async Task<IReadOnlyDictionary<string, JoseVerdict>> JudgeAsync(
        string issuer, string audience, IReadOnlyDictionary<string, string> tokens)
    {
        await NodePackages.InstallAsync();
        var verdicts = await RunAsync("node", ["verify.mjs", issuer, audience], JsonSerializer.Serialize(tokens), VerifyDeadline);
        return JsonSerializer.Deserialize<Dictionary<string, JoseVerdict>>(verdicts, JsonSerializerOptions.Web)!;
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string input, TimeSpan deadline)
    {
        var run = await Shell.RunAsync(program, arguments, input, Folder, deadline);
        Assert.True(run.ExitCode == 0, $"{program} {arguments[0]} exited with {run.ExitCode}: {run.Errors}");
        return run.Output;
    }
}
