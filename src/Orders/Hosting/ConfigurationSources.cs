using Portico.Infrastructure.Configuration;

namespace Portico.Orders.Hosting;

/// <summary>Where the settings come from.</summary>
internal static class ConfigurationSources
{
    private static readonly Dictionary<string, string?> LogLevels = new(StringComparer.Ordinal)
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",
        // It logs each failed check with its stack on every probe.
        ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "None",
        // It logs the message of each refusal, which the call's own line has.
        ["Logging:LogLevel:Grpc"] = "Warning",
        ["Logging:LogLevel:System.Net.Http"] = "Warning",
    };

    /// <summary>Replaces all sources by the environment, the files of the secrets folder and the command line; the last one wins.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder that <c>Secrets:Folder</c> names does not exist.</exception>
    public static void ReadOnlyFromEnvironment(this ConfigurationManager configuration, string[] args)
    {
        configuration.Sources.Clear();
        configuration.AddInMemoryCollection(LogLevels).AddEnvironmentVariables().AddCommandLine(args);
        configuration.AddSecretFiles().AddCommandLine(args);
    }
}
