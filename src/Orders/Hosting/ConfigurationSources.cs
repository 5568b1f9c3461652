namespace Portico.Orders.Hosting;

/// <summary>Where the settings come from.</summary>
internal static class ConfigurationSources
{
    private const string FolderKey = "Secrets:Folder";
    private const string DefaultFolder = "/run/secrets";

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
        if (configuration[FolderKey] is not { Length: > 0 } folder)
            configuration.AddKeyPerFile(DefaultFolder, optional: true);
        else if (Path.IsPathFullyQualified(folder) && Directory.Exists(folder))
            configuration.AddKeyPerFile(folder, optional: false);
        else
            throw new DirectoryNotFoundException($"{FolderKey} must be the absolute path of a folder that exists; it is '{folder}'.");
        configuration.AddCommandLine(args);
    }
}
