using System.Reflection;
using System.Text.RegularExpressions;
using Portico.Domain.Common;
using Portico.WebApi.Http;

namespace Portico.ArchitectureTests;

/// <summary>The pages of the repository, as far as a machine can judge them.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string[] Folders =
        [".", "docs", "docs/adr", "docs/api", "docs/services", "clients/dotnet", "clients/typescript"];

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
        var numbers = Directory.GetFiles(Page("docs/adr"), "*.md")
            .Select(Path.GetFileName).Order(StringComparer.Ordinal).Select(name => int.Parse(name![..4])).ToArray();

        Assert.Equal(Enumerable.Range(1, numbers.Length), numbers);
    }

    [Fact]
    public void Describes_every_error_code_with_its_status()
    {
        var documented = Row()
            .Matches(File.ReadAllText(Page("docs/api/errors.md")))
            .Select(row => $"{row.Groups["code"].Value} {row.Groups["status"].Value}");

        Assert.Equal(Codes().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Names_tests_that_exist_for_what_auditors_are_told()
    {
        var tests = Tests().Select(test => test[(test.IndexOf('.', StringComparison.Ordinal) + 1)..]).ToHashSet(StringComparer.Ordinal);
        var named = TestName().Matches(
            File.ReadAllText(Page("docs/ledger.md"))).Select(name => name.Groups["name"].Value).Distinct(StringComparer.Ordinal).ToArray();

        Assert.True(named.Length > 10, "No tests are named.");
        Assert.Empty(named.Except(tests, StringComparer.Ordinal));
    }

    [Fact]
    public void Names_tests_that_exist_for_each_fault_and_drill()
    {
        var named = FaultTest().Matches(File.ReadAllText(Page("docs/operations.md"))).Select(name => name.Groups["test"].Value).ToArray();

        Assert.True(named.Length > 20, "No tests are named.");
        Assert.Empty(named.Except(Tests(), StringComparer.Ordinal));
    }

    [Fact]
    public void Names_for_each_security_promise_tests_that_exist_and_what_they_meet()
    {
        var tests = Tests().ToHashSet(StringComparer.Ordinal);
        var promises = Promise().Matches(File.ReadAllText(Page("docs/security.md")));
        Assert.True(promises.Count > 30, "The promises were not found.");

        var unproved =
            from promise in promises
            from name in promise.Groups["test"].Captures
            where !tests.Contains(name.Value)
            select $"{promise.Groups["promise"].Value}: there is no test {name.Value}";
        Assert.Empty(unproved);
        Assert.Equal(Rows("docs/security.md").Count(row => !row.StartsWith("| promise |", StringComparison.Ordinal)), promises.Count);
    }

    private static IEnumerable<string> Rows(string page) =>
        File.ReadLines(Page(page)).Where(line => line.StartsWith("| ", StringComparison.Ordinal));

    /// <summary>Every test of the repository, by its class and its name.</summary>
    private static IEnumerable<string> Tests() =>
        from file in Directory.EnumerateFiles(Page("tests"), "*.cs", SearchOption.AllDirectories)
        where !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        from type in TestClass().Matches(File.ReadAllText(file))
        from test in TestMethod().Matches(type.Groups["body"].Value)
        select $"{type.Groups["name"].Value}.{test.Groups["name"].Value}";

    // The errors of the domain and the application are in static classes whose names end with Errors.
    private static IEnumerable<string> Codes()
    {
        foreach (var httpError in HttpErrors.All)
            yield return $"{httpError.Code} {httpError.Status}";
        var members = Solution.Types
            .Where(type => type.Name.EndsWith("Errors", StringComparison.Ordinal))
            .SelectMany(type => type.GetMembers(BindingFlags.Public | BindingFlags.Static));
        foreach (var member in members)
        {
            var error = member switch
            {
                FieldInfo field => field.GetValue(null) as Error,
                MethodInfo { ReturnType: var type } method when type == typeof(Error) =>
                    (Error?)method.Invoke(null, [.. method.GetParameters().Select(Argument)]),
                _ => null,
            };
            if (error is not null && HttpError.Of(error) is var httpError)
                yield return $"{httpError.Code} {httpError.Status}";
        }
    }

    private static object? Argument(ParameterInfo parameter) =>
        parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null;

    private static string Page(string path) => Path.Combine(Solution.Root, path);

    // What is promised, one or more tests, and items of the two standards or none.
    [GeneratedRegex(
        @"^\| (?<promise>[^|]+) \| `(?<test>\w+\.\w+)`(, `(?<test>\w+\.\w+)`)* \| "
        + @"(–|(ASVS [0-9.]+(, [0-9.]+)*)?(; )?(RFC 8725 3\.[0-9]+(, 3\.[0-9]+)*)?) \|$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, 5000)]
    private static partial Regex Promise();

    [GeneratedRegex(@"`(?<test>\w+Tests\.\w+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FaultTest();

    // Up to the next class of the file.
    [GeneratedRegex(
        @"^public (sealed |static |partial )*class (?<name>\w+)(?<body>[\s\S]*?)(?=^\}|\z)",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, 5000)]
    private static partial Regex TestClass();

    [GeneratedRegex(
        @"^    \[(Fact|Theory)[\s\S]*?^    public [^\n(]*?(?<name>\w+)\(",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, 5000)]
    private static partial Regex TestMethod();

    // Relative ones, without their anchor.
    [GeneratedRegex(@"\]\((?!https?:|mailto:|#)(?<target>[^)#\s]+)[^)]*\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    // Sentences in code font, which begin with a capital and have at least two spaces.
    [GeneratedRegex(@"`(?<name>[A-Z][a-z0-9]*(_[a-z0-9]+){2,})`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TestName();

    [GeneratedRegex(
        @"^\| `(?<code>[a-z_]+)` \| (?<status>[0-9]{3}) \| .+ \|$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Row();
}
