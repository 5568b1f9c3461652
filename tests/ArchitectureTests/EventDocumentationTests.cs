using System.Text.RegularExpressions;
using Portico.Infrastructure.Events;

namespace Portico.ArchitectureTests;

/// <summary><c>docs/events.md</c> and the schemas beside it, against the events of the domain.</summary>
public sealed partial class EventDocumentationTests
{
    private static readonly string Folder = Path.Combine(Solution.Root, "docs", "events");

    [Fact]
    public void Describes_every_event_and_no_other() => Assert.Equal(
        EventSchemas.Names.Order(StringComparer.Ordinal),
        Row().Matches(File.ReadAllText(Path.Combine(Solution.Root, "docs", "events.md"))).Select(row => row.Groups["name"].Value));

    [Fact]
    public void Names_events_by_area_and_version() => Solution.AssertNone(EventSchemas.Names.Where(name => !Name().IsMatch(name)));

    /// <remarks>A schema that differs shows up in review: every reader of the event must cope with the change.</remarks>
    [Fact]
    public void Keeps_the_schema_of_every_event_beside_its_description()
    {
        foreach (var name in EventSchemas.Names)
        {
            var file = Path.Combine(Folder, $"{name}.json");
            Assert.True(File.Exists(file), $"docs/events/{name}.json is missing; its content:\n{EventSchemas.Find(name)}");
            Assert.Equal(EventSchemas.Find(name), File.ReadAllText(file));
        }

        Assert.Equal(EventSchemas.Names.Count, Directory.GetFiles(Folder).Length);
    }

    [GeneratedRegex(
        @"^\| `(?<name>[^`]+)` \| [a-z].{5,} \| \[schema\]\(events/\k<name>\.json\) \|$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Row();

    [GeneratedRegex(@"^[a-z]+\.[a-z]+(-[a-z]+)*\.v[1-9]$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();
}
