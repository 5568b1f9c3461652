using System.Text;
using System.Text.RegularExpressions;
using Portico.Testing;

namespace Portico.IntegrationTests.Readme;

/// <summary>The tour of the README, pasted into bash.</summary>
public sealed partial class TourTests
{
    private const string Separator = "------- the next block -------";

    [Fact]
    public async Task Answers_what_the_readme_says()
    {
        var app = await PorticoApp.SharedAsync();
        var steps = Steps();
        Assert.True(steps.Count >= 10, "The tour of the README was not found.");

        var folder = Directory.CreateTempSubdirectory("portico-tour-");
        try
        {
            await WriteUrls(app, folder.FullName);
            var script = string.Join($"\necho '{Separator}'\n", steps.Select(step => step.Commands));
            var run = await Shell.RunAsync(script, folder.FullName, TimeSpan.FromMinutes(1));
            Assert.Equal("", run.Errors);

            var answers = run.Output.Split(Separator);
            Assert.Equal(steps.Count, answers.Length);
            foreach (var (step, answer) in steps.Zip(answers))
                Assert.True(Fits(step.Answer, answer), $"{step.Commands}\nanswers\n{answer}\nwhere the README says\n{step.Answer}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("""{"a": …, "b": 2}""", """{"a":1,"b":2}""", true)]
    [InlineData("""{"a": …, "b": 2}""", """{"a":1,"b":3}""", false)]
    [InlineData("", "{}", false)]
    public void Compares_but_for_blanks_and_ellipses(string expected, string actual, bool fits) =>
        Assert.Equal(fits, Fits(expected, actual));

    // As ./dev run writes it.
    private static async Task WriteUrls(PorticoApp app, string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, ".dev"));
        await File.WriteAllTextAsync(
            Path.Combine(folder, ".dev", "urls.json"),
            $$"""
            {
              "api": "{{app.Api.GetLeftPart(UriPartial.Authority)}}",
              "management": "{{app.Management.GetLeftPart(UriPartial.Authority)}}",
              "mailbox": "{{app.Mailbox}}"
            }
            """);
    }

    private static bool Fits(string expected, string actual)
    {
        var pattern = new StringBuilder("^");
        foreach (var (index, piece) in Blanks().Replace(expected, "").Split('…').Index())
            pattern.Append(index == 0 ? "" : ".*").Append(Regex.Escape(piece));
        return Regex.IsMatch(
            Blanks().Replace(actual, ""), pattern.Append('$').ToString(), RegexOptions.Singleline, TimeSpan.FromSeconds(5));
    }

    private static IReadOnlyList<(string Commands, string Answer)> Steps()
    {
        var tour = File.ReadAllText(Repository.File("README.md"))
            .Split("\n## ")
            .Single(section => section.StartsWith("Five-minute tour\n", StringComparison.Ordinal));
        return [.. Step().Matches(tour).Select(step => (step.Groups["commands"].Value, step.Groups["answer"].Value))];
    }

    [GeneratedRegex(
        @"^```bash\n(?<commands>.*?)^```\n(```(json|text)\n(?<answer>.*?)^```\n)?",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex Step();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Blanks();
}
