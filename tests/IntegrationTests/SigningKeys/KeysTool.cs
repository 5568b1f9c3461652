using Microsoft.Extensions.Configuration;
using Portico.Migrator;
using Portico.Migrator.Commands;
using Portico.Testing;

namespace Portico.IntegrationTests.SigningKeys;

/// <summary>The commands of operators about signing keys.</summary>
internal static class KeysTool
{
    public static Task<(int ExitCode, string Output)> RunAsync(TestDatabase database, params string[] command) =>
        RunUnderAsync(TestDatabase.SealingKey, "", database, command);

    public static async Task<(int ExitCode, string Output)> RunUnderAsync(
        string sealingKey, string otherSealingKey, TestDatabase database, params string[] command)
    {
        var settings = database.Settings();
        (settings["Tokens:SealingKey"], settings["Tokens:OtherSealingKey"]) = (sealingKey, otherSealingKey);
        await using var output = new StringWriter();
        var exitCode = await MigratorApp.RunAsync(
            command, new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), output, output, default);
        return (exitCode, output.ToString());
    }
}
