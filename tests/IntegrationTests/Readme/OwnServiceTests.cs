using System.Text.RegularExpressions;

namespace Portico.IntegrationTests.Readme;

/// <summary>The recipe "Add a service that speaks gRPC" of CONTRIBUTING, followed in a copy of the sources.</summary>
public sealed partial class OwnServiceTests
{
    private const string Registration = "src/Infrastructure/InfrastructureRegistration.cs";

    [Fact]
    [Trait("Category", "Builds")]
    public async Task The_files_of_the_recipe_build_with_no_other_change()
    {
        var copy = Directory.CreateTempSubdirectory("portico-service-");
        try
        {
            SourceCopy.Make(copy.FullName);
            var steps = Steps();
            Assert.Equal(5, steps.Length);
            foreach (var (path, text) in steps)
                await Follow(Path.Combine(copy.FullName, path), path, text);

            var build = await Shell.RunAsync(
                "dotnet build src/WebApi -v quiet -p:RunAnalyzers=false", copy.FullName, TimeSpan.FromMinutes(30));
            Assert.True(build.ExitCode == 0, build.Output);
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    /// <summary>The blocks of the recipe, each with the file that its first line names.</summary>
    private static (string Path, string Text)[] Steps()
    {
        var text = File.ReadAllText(Repository.File("CONTRIBUTING.md"));
        var section = text.Split("\n## ").Single(part => part.StartsWith("Add a service that speaks gRPC\n", StringComparison.Ordinal));
        return [.. Block().Matches(section).Select(block => (block.Groups["path"].Value, block.Groups["text"].Value))];
    }

    /// <summary>Writes a new file, or adds the lines where the recipe says that they belong.</summary>
    private static async Task Follow(string file, string path, string text)
    {
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, text);
            return;
        }

        var before = path == Registration ? "            .AddAggregation(configuration)" : "</Project>";
        var original = await File.ReadAllTextAsync(file);
        Assert.Contains(before, original, StringComparison.Ordinal);
        var lines = text.Split('\n').ToLookup(line => line.StartsWith("using ", StringComparison.Ordinal));
        var usings = string.Concat(lines[true].Select(line => line + '\n'));
        var added = string.Join('\n', lines[false]);
        await File.WriteAllTextAsync(file, usings + original.Replace(before, added + before, StringComparison.Ordinal));
    }

    [GeneratedRegex(
        @"^```(proto|xml|csharp)\n(//|<!--) (?<path>[^ ,\n]+).*\n(?<text>[\s\S]*?)^```$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Block();
}
