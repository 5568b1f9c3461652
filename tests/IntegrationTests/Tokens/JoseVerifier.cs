using System.Diagnostics;
using System.Text.Json;

namespace Portico.IntegrationTests.Tokens;

/// <summary>What the verifier in Node says of a token.</summary>
internal sealed record JoseVerdict(bool Ok, string? Code, JsonElement? Claims);

/// <summary>Runs <c>jose/verify.mjs</c>, a service in another language that knows nothing but the issuer's address.</summary>
internal static class JoseVerifier
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Tokens", "jose");
    private static readonly TimeSpan InstallDeadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan VerifyDeadline = TimeSpan.FromSeconds(30);
    private static readonly Lazy<Task> Installed = new(InstallAsync);

    public static async Task<IReadOnlyDictionary<string, JoseVerdict>> JudgeAsync(
        string issuer, string audience, IReadOnlyDictionary<string, string> tokens)
    {
        await Installed.Value;
        var verdicts = await RunAsync("node", ["verify.mjs", issuer, audience], JsonSerializer.Serialize(tokens), VerifyDeadline);
        return JsonSerializer.Deserialize<Dictionary<string, JoseVerdict>>(verdicts, JsonSerializerOptions.Web)!;
    }

    private static async Task InstallAsync()
    {
        // npm writes this file last, and from the lock file alone.
        var installed = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
        if (!installed.Exists || installed.LastWriteTimeUtc < File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
            await RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], "", InstallDeadline);
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string input, TimeSpan deadline)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var time = new CancellationTokenSource(deadline);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(time.Token);
            var errors = process.StandardError.ReadToEndAsync(time.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), time.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(time.Token);
            Assert.True(process.ExitCode == 0, $"{program} {arguments[0]} exited with {process.ExitCode}: {await errors}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
