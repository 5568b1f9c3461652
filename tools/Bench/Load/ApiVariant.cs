using System.Diagnostics.CodeAnalysis;

namespace Portico.Bench.Load;

/// <summary>One way to start the API, to be compared with others.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Folder">Where its program is; null for the ordinary Release build of this version.</param>
/// <param name="Environment">Its environment variables besides the settings.</param>
internal sealed record ApiVariant(string Name, string? Folder, IReadOnlyDictionary<string, string> Environment)
{
    private const string Published = "published";

    public static ApiVariant AsBuilt { get; } = new("as built", Folder: null, new Dictionary<string, string>(StringComparer.Ordinal));

    /// <summary>Whether it is the ReadyToRun build that the containers have.</summary>
    public bool IsPublished => Folder == PublishedApi.Folder;

    /// <param name="text">NAME[,published|,FOLDER][,KEY=VALUE]…, where FOLDER has the program of another version.</param>
    /// <param name="variant">What it says.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ApiVariant? variant)
    {
        var parts = text.Split(',');
        var folder = parts.ElementAtOrDefault(1) switch
        {
            Published => PublishedApi.Folder,
            { } path when File.Exists(Path.Combine(path, LoadStack.Program)) => Path.GetFullPath(path),
            _ => null,
        };
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in parts[(folder is null ? 1 : 2)..])
        {
            if (part.Split('=', 2) is not [{ Length: > 0 } key, var value])
            {
                variant = null;
                return false;
            }

            environment[key] = value;
        }

        variant = parts[0].Length > 0 ? new ApiVariant(parts[0], folder, environment) : null;
        return variant is not null;
    }

    public override string ToString() =>
        string.Join(
            ", ",
            [
                Folder is null ? Name : $"{Name}, {(IsPublished ? Published : Folder)}",
                .. Environment.Select(variable => $"{variable.Key}={variable.Value}"),
            ]);
}
