using System.Globalization;
using System.Text.RegularExpressions;

namespace Portico.IntegrationTests.Access;

/// <summary>Whose record a request is about.</summary>
public enum Whose
{
    /// <summary>Nobody's in particular.</summary>
    Nobodys,

    /// <summary>The caller's own.</summary>
    Own,

    /// <summary>That of an ordinary person who is not the caller.</summary>
    Others,
}

/// <summary>A line of <c>docs/api/access.md</c>: an operation and its status for each kind of caller.</summary>
internal sealed record AccessRow(string Operation, Whose Whose, IReadOnlyDictionary<string, int> Statuses)
{
    public string Method => Operation[..Operation.IndexOf(' ', StringComparison.Ordinal)];

    public string Path => Operation[(Method.Length + 1)..];
}

/// <summary>The table of <c>docs/api/access.md</c>.</summary>
internal static partial class AccessTable
{
    public const string Anonymous = "nobody";
    public const string Blocked = "blocked";
    public const string Deleted = "deleted";

    private static readonly string[] Columns = [Anonymous, "user", "manager", "admin", Blocked, Deleted];

    private static readonly Dictionary<string, Whose> Owners = new(StringComparer.Ordinal)
    {
        ["–"] = Whose.Nobodys,
        ["own"] = Whose.Own,
        ["another's"] = Whose.Others,
    };

    public static IReadOnlyList<AccessRow> Rows { get; } = [.. Read()];

    public static AccessRow Find(string operation, Whose whose) => Rows.Single(row => row.Operation == operation && row.Whose == whose);

    private static IEnumerable<AccessRow> Read()
    {
        foreach (Match line in Line().Matches(File.ReadAllText(Repository.File("docs/api/access.md"))))
        {
            var cells = line.Groups["statuses"].Value.Split('|', StringSplitOptions.TrimEntries);
            if (cells.Length != Columns.Length || !Owners.TryGetValue(line.Groups["whose"].Value, out var whose))
                throw new FormatException(
                    $"docs/api/access.md: this row has not {Columns.Length} statuses, or does not say whose: {line.Value}");
            var statuses = Columns.Zip(cells).ToDictionary(
                cell => cell.First,
                cell => int.Parse(cell.Second, NumberStyles.None, CultureInfo.InvariantCulture),
                StringComparer.Ordinal);
            yield return new AccessRow(line.Groups["operation"].Value, whose, statuses);
        }
    }

    [GeneratedRegex(
        @"^\| `(?<operation>[A-Z]+ [^`]+)` \| (?<whose>[^|]+?) \| (?<statuses>.+) \|$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Line();
}
