using Microsoft.Extensions.Configuration;

namespace Portico.Infrastructure.Configuration;

/// <summary>Reads settings from a folder of files, so that secrets are not in the environment.</summary>
public static class SecretFiles
{
    /// <summary>The setting that names the folder.</summary>
    public const string FolderKey = "Secrets:Folder";

    /// <summary>The folder where container engines mount secrets.</summary>
    public const string DefaultFolder = "/run/secrets";

    /// <summary>
    /// Adds each file of the folder as the setting with its name, such as <c>Sessions__Key</c>; it overrides earlier sources.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">The folder that <c>Secrets:Folder</c> names does not exist.</exception>
    public static IConfigurationBuilder AddSecretFiles(this IConfigurationBuilder builder)
    {
        if (builder.Build()[FolderKey] is not { Length: > 0 } folder)
            return builder.AddKeyPerFile(DefaultFolder, optional: true);
        if (!Path.IsPathFullyQualified(folder) || !Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{FolderKey} must be the absolute path of a folder that exists; it is '{folder}'.");
        return builder.AddKeyPerFile(folder, optional: false);
    }
}
