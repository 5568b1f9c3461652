using System.Diagnostics.CodeAnalysis;

namespace Portico.Bench.Load;

/// <summary>One way to start the API, to be compared with others.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="IsPublished">Whether it is the ReadyToRun build that the containers have, or else the ordinary Release build.</param>
/// <param name="Environment">Its environment variables besides the settings.</param>
internal sealed record ApiVariant(string Name, bool IsPublished, IReadOnlyDictionary<string, string> Environment)
{
    public static ApiVariant AsBuilt { get; } = new("as built", IsPublished: false, new Dictionary<string, string>(StringComparer.Ordinal));

    /// <param name="text">NAME[,published][,KEY=VALUE]…</param>
    /// <param name="variant">What it says.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ApiVariant? variant)
    {
        var parts = text.Split(',');
        var isPublished = parts.ElementAtOrDefault(1) == "published";
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in parts[(isPublished ? 2 : 1)..])
        {
            if (part.Split('=', 2) is not [{ Length: > 0 } key, var value])
            {
                variant = null;
                return false;
            }

            environment[key] = value;
        }

        variant = parts[0].Length > 0 ? new ApiVariant(parts[0], isPublished, environment) : null;
        return variant is not null;
    }

    public override string ToString() =>
        string.Join(
            ", ", [IsPublished ? $"{Name}, published" : Name, .. Environment.Select(variable => $"{variable.Key}={variable.Value}")]);
}
