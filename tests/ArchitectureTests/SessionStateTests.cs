using System.Text.RegularExpressions;

namespace Portico.ArchitectureTests;

/// <summary>Nothing belongs to a session of PostgreSQL: connections are not reset, and a pooler may change them (ADR 0046).</summary>
public sealed partial class SessionStateTests
{
    [Theory]
    [InlineData("Infrastructure")]
    [InlineData("Orders")]
    public void Statements_leave_nothing_on_their_connection(string project)
    {
        var sources = Solution.Sources(project).ToList();

        Assert.NotEmpty(sources);
        Assert.All(sources, source => Assert.DoesNotMatch(SessionState(), File.ReadAllText(source)));
    }

    [GeneratedRegex(
        @"pg_(try_)?advisory_lock|\bSET SESSION\b|\bCREATE TEMP|\bLISTEN [a-z]|\bWITH HOLD\b|set_config\([^)]*false\)",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex SessionState();
}
