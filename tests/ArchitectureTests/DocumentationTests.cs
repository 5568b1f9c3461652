using System.Reflection;
using System.Text.RegularExpressions;
using Portico.Domain.Common;
using Portico.WebApi.Errors;

namespace Portico.ArchitectureTests;

/// <summary>The pages of the repository, as far as a machine can judge them.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string[] Folders = [".", "docs", "docs/adr", "docs/api"];

    [Fact]
    public void Links_to_nothing_that_is_missing()
    {
        var pages = Folders.Select(Page).Where(Directory.Exists).SelectMany(folder => Directory.GetFiles(folder, "*.md")).ToArray();
        Assert.True(pages.Length > 10, "The pages were not found.");

        var broken =
            from page in pages
            from Match link in Link().Matches(File.ReadAllText(page))
            let target = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, link.Groups["target"].Value))
            where !Path.Exists(target)
            select $"{Path.GetRelativePath(Solution.Root, page)} links to {link.Groups["target"].Value}";
        Assert.Empty(broken);
    }

    [Fact]
    public void Numbers_decisions_without_a_gap()
    {
        var numbers = Directory.GetFiles(Page("docs/adr"), "*.md").Select(Path.GetFileName).Order(StringComparer.Ordinal).Select(name => int.Parse(name![..4])).ToArray();

        Assert.Equal(Enumerable.Range(1, numbers.Length), numbers);
    }

    [Fact]
    public void Describes_every_error_code_with_its_status()
    {
        var documented = Row().Matches(File.ReadAllText(Page("docs/api/errors.md"))).Select(row => $"{row.Groups["code"].Value} {row.Groups["status"].Value}");

        Assert.Equal(Codes().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    /// <summary>What auditors are told is proved by a test, is.</summary>
    [Fact]
    public void Names_tests_that_exist()
    {
        var sources = string.Concat(Directory.GetFiles(Page("tests"), "*Tests.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var named = TestName().Matches(File.ReadAllText(Page("docs/ledger.md"))).Select(name => name.Groups["name"].Value).Distinct(StringComparer.Ordinal).ToArray();

        Assert.True(named.Length > 10, "No tests are named.");
        Assert.Empty(named.Where(name => !sources.Contains($" {name}(", StringComparison.Ordinal)));
    }

    // The refusals of the domain and the application stand in static classes named after what they are about.
    private static IEnumerable<string> Codes()
    {
        foreach (var refusal in EdgeRefusals.All)
            yield return $"{refusal.Code} {refusal.Status}";
        foreach (var member in Solution.Types.Where(type => type.Name.EndsWith("Errors", StringComparison.Ordinal)).SelectMany(type => type.GetMembers(BindingFlags.Public | BindingFlags.Static)))
        {
            var error = member switch
            {
                FieldInfo field => field.GetValue(null) as Error,
                MethodInfo { ReturnType: var type } method when type == typeof(Error) => (Error?)method.Invoke(null, [.. method.GetParameters().Select(Argument)]),
                _ => null,
            };
            if (error is not null && Refusal.Of(error) is var refusal)
                yield return $"{refusal.Code} {refusal.Status}";
        }
    }

    private static object? Argument(ParameterInfo parameter) => parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null;

    private static string Page(string path) => Path.Combine(Solution.Root, path);

    // Relative ones, without their anchor.
    [GeneratedRegex(@"\]\((?!https?:|mailto:|#)(?<target>[^)#\s]+)[^)]*\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    // Sentences in code font, which begin with a capital and have at least two spaces.
    [GeneratedRegex(@"`(?<name>[A-Z][a-z0-9]*(_[a-z0-9]+){2,})`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TestName();

    [GeneratedRegex(@"^\| `(?<code>[a-z_]+)` \| (?<status>[0-9]{3}) \| .+ \|$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Row();
}
