using System.Text.RegularExpressions;

namespace Portico.IntegrationTests.Drills;

/// <summary>The commands of docs/operations.md.</summary>
internal static partial class RunBook
{
    /// <summary>The block of commands whose first line is a comment with this name.</summary>
    public static string Commands(string name)
    {
        var text = File.ReadAllText(Repository.File("docs/operations.md"));
        var block = CommandBlock().Matches(text).Single(block => block.Groups["name"].Value == name);
        return $"set -euo pipefail\n{block.Groups["commands"].Value}";
    }

    /// <summary>The only block of this language.</summary>
    public static string Block(string language)
    {
        var text = File.ReadAllText(Repository.File("docs/operations.md"));
        return LanguageBlock().Matches(text).Single(block => block.Groups["language"].Value == language).Groups["text"].Value;
    }

    [GeneratedRegex("^```(?<language>[a-z]+)\n(?<text>[^`]*)```$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex LanguageBlock();

    [GeneratedRegex("^```sh\n# (?<name>[^\n]+)\n(?<commands>[^`]*)```$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex CommandBlock();
}
