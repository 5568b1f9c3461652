using System.Globalization;
using System.Text.RegularExpressions;

namespace Portico.IntegrationTests.Readme;

/// <summary>The recipe "Add your own table" of CONTRIBUTING, followed in a copy of the sources.</summary>
public sealed partial class OwnTableTests
{
    private static readonly (string Template, string Own)[] Renamings = [("Character", "Gadget"), ("character", "gadget")];

    [Fact]
    [Trait("Category", "Builds")]
    public async Task The_files_of_the_recipe_build_with_no_other_change()
    {
        var copy = Directory.CreateTempSubdirectory("portico-recipe-");
        try
        {
            SourceCopy.Make(copy.FullName);
            var templates = Recipe().SelectMany(pattern => Files(copy.FullName, pattern)).ToArray();
            Assert.True(templates.Length >= 12, $"The recipe names {templates.Length} files.");
            foreach (var template in templates)
                await AddOwn(copy.FullName, template);

            var build = await Shell.RunAsync(
                "dotnet build src/WebApi -v quiet -p:RunAnalyzers=false", copy.FullName, TimeSpan.FromMinutes(30));
            Assert.True(build.ExitCode == 0, build.Output);
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    /// <summary>The first column of the recipe's table, one entry for each file pattern.</summary>
    private static string[] Recipe()
    {
        var text = File.ReadAllText(Repository.File("CONTRIBUTING.md"));
        var section = text.Split("\n## ").Single(part => part.StartsWith("Add your own table\n", StringComparison.Ordinal));
        return
        [
            .. Row().Matches(section).Select(row => row.Groups["file"].Value).SelectMany(file =>
                file.Contains("{up,down}", StringComparison.Ordinal)
                    ? (string[])[
                        file.Replace("{up,down}", "up", StringComparison.Ordinal),
                        file.Replace("{up,down}", "down", StringComparison.Ordinal)
                    ]
                    : [file]),
        ];
    }

    private static string[] Files(string root, string pattern)
    {
        var folder = Path.Combine(root, Path.GetDirectoryName(pattern)!);
        var found = Directory.GetFiles(folder, Path.GetFileName(pattern).Replace("NNNN", "????", StringComparison.Ordinal));
        Assert.True(found.Length > 0, $"There is no {pattern}.");
        return found;
    }

    private static async Task AddOwn(string root, string template)
    {
        var path = Rename(Path.GetRelativePath(root, template));
        if (path.EndsWith(".sql", StringComparison.Ordinal))
            path = Path.Combine(
                Path.GetDirectoryName(path)!, NextMigration(Path.GetDirectoryName(template)!) + Path.GetFileName(path)[4..]);
        var file = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, Rename(await File.ReadAllTextAsync(template)));
    }

    private static string NextMigration(string folder) => Directory.GetFiles(folder, "*.sql")
        .Where(file => !file.Contains("gadget", StringComparison.Ordinal))
        .Max(file => int.Parse(Path.GetFileName(file)[..4], CultureInfo.InvariantCulture) + 1)
        .ToString("0000", CultureInfo.InvariantCulture);

    private static string Rename(string text) =>
        Renamings.Aggregate(text, (renamed, pair) => renamed.Replace(pair.Template, pair.Own, StringComparison.Ordinal));

    [GeneratedRegex(@"^\| `(?<file>src/[^`]+)` \|", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Row();
}
