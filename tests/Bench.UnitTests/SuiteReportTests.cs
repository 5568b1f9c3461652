using System.Text.Json;
using System.Xml.Linq;
using Portico.Bench.Load;
using Portico.Bench.Suite;

namespace Portico.Bench.UnitTests;

/// <summary>The table, the file for programs and the page that the suite makes of measurements.</summary>
public sealed class SuiteReportTests
{
    private static readonly Machine TestMachine = new(2, "Test processor", 8, "Linux", ".NET 10");

    private static readonly SuiteSide This = new(
        "this version",
        "abc123",
        [
            new SuiteLoad("ledger", "uniform", 256, 4000, 50, 90, 0.2, 0, ToPlainLedger: 2.5),
            new SuiteLoad("auth", "check <RS256>", 16, 3000, 0.5, 8, 0.4, 3),
            new SuiteLoad("auth", "new load", 16, 3000, 0.5, 8, 0.4, 0),
        ],
        [new SuiteFigure("start", "ready after", "s", 2)],
        [new SuiteProblem("auth", "a request failed, or a promise was not kept")]);

    private static readonly SuiteSide Other = new(
        "v1.0",
        "def456",
        [
            new SuiteLoad("ledger", "uniform", 256, 2000, 100, 180, 0.4, 0, ToPlainLedger: 1.25),
            new SuiteLoad("auth", "check <RS256>", 16, 3000, 0.5, 8, 0.2, 0),
            new SuiteLoad("auth", "gone load", 16, 1, 1, 1, 1, 0),
        ],
        [new SuiteFigure("start", "ready after", "s", 4)],
        [new SuiteProblem("events", "There is no scenario 'events'.")]);

    [Fact]
    public void Markdown_has_a_row_for_each_load_and_each_figure()
    {
        var markdown = Report(other: null).ToMarkdown();

        Assert.Contains("| ledger | uniform | 256 | 0.200 | 50.00 | 90.00 | 4000 | 2.50 | 0 |\n", markdown, StringComparison.Ordinal);
        Assert.Contains("| auth | check <RS256> | 16 | 0.400 | 0.500 | 8.00 | 3000 |  | 3 |\n", markdown, StringComparison.Ordinal);
        Assert.Contains("| start | ready after | 2.00 s |\n", markdown, StringComparison.Ordinal);
        Assert.Contains("- auth: a request failed, or a promise was not kept\n", markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("(× ", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_comparison_has_the_ratio_of_every_load_that_both_versions_know()
    {
        var markdown = Report(Other).ToMarkdown();

        Assert.Contains(
            "| ledger | uniform | 256 | 0.200 (× 0.50) | 50.00 (× 0.50) | 90.00 (× 0.50) | 4000 (× 2.00) | 2.50 (× 2.00) | 0 |\n",
            markdown, StringComparison.Ordinal);
        Assert.Contains("| auth | new load | 16 | 0.400 | 0.500 | 8.00 | 3000 |  | 0 |\n", markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("gone load", markdown, StringComparison.Ordinal);
        Assert.Contains("| start | ready after | 2.00 (× 0.50) s |\n", markdown, StringComparison.Ordinal);
        // Half for one load, twice for the other.
        Assert.Contains("API CPU of all 2 loads, geometric mean: **× 1.00**", markdown, StringComparison.Ordinal);
        Assert.Contains("- events of v1.0: There is no scenario 'events'.\n", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_of_zero_has_no_ratio()
    {
        Assert.Null(SuiteReport.Ratio(0, 1));
        Assert.Null(SuiteReport.Ratio(1, 0));
        Assert.Null(SuiteReport.Ratio(double.NaN, 1));
        Assert.Null(SuiteReport.Ratio(1, null));
    }

    [Fact]
    public void Json_has_the_measurements_of_both_versions_and_the_ratios()
    {
        var json = JsonSerializer.Deserialize<JsonElement>(Report(Other).ToJson());

        Assert.Equal(3, json.GetProperty("this").GetProperty("loads").GetArrayLength());
        Assert.Equal("def456", json.GetProperty("other").GetProperty("commit").GetString());
        var ratios = json.GetProperty("ratios").EnumerateArray().ToArray();
        Assert.Equal(["uniform", "check <RS256>"], ratios.Select(ratio => ratio.GetProperty("load").GetString()));
        Assert.Equal(0.5, ratios[0].GetProperty("apiMs").GetDouble());
        Assert.Equal(2, ratios[0].GetProperty("perSecond").GetDouble());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_page_needs_nothing_but_itself_and_shows_every_load(bool isCompared)
    {
        var page = SuitePage.Of(Report(isCompared ? Other : null));

        // Well-formed as XML, apart from what HTML leaves open.
        var (from, to) = (page.IndexOf("<body>", StringComparison.Ordinal), page.IndexOf("</html>", StringComparison.Ordinal));
        var body = XElement.Parse(page[from..to]);
        // A bar and its track for the processor time and for the latency of each load, of each version that has it.
        Assert.Equal(isCompared ? 10 : 6, body.Descendants("svg").Count());
        foreach (var load in This.Loads)
            Assert.Contains(body.Descendants("td"), cell => cell.Value == load.Load);
        Assert.Contains("ready after", body.Value, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
        foreach (var word in (string[])["<script", "<link", "<img", "http://", "https://", "url(", "@import"])
            Assert.DoesNotContain(word, page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_tells_better_from_worse()
    {
        var page = SuitePage.Of(Report(Other));

        Assert.Contains("4000 <span class=\"good\">× 2.00</span>", page, StringComparison.Ordinal);
        Assert.Contains("0.200 <span class=\"good\">× 0.50</span>", page, StringComparison.Ordinal);
        Assert.Contains("0.400 <span class=\"bad\">× 2.00</span>", page, StringComparison.Ordinal);
        Assert.Contains("8.00 <span>× 1.00</span>", page, StringComparison.Ordinal);
    }

    private static SuiteReport Report(SuiteSide? other) =>
        new(new DateTimeOffset(2026, 11, 27, 8, 0, 0, TimeSpan.Zero), TestMachine, IsQuick: false, Passes: 1, This, other);
}
