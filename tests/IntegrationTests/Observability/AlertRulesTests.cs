using System.Text.Json;
using System.Text.RegularExpressions;
using Portico.IntegrationTests.Conventions;
using Portico.IntegrationTests.Deployment;

namespace Portico.IntegrationTests.Observability;

/// <summary>The rules of Prometheus and the dashboards of Grafana, against what the programs export.</summary>
public sealed partial class AlertRulesTests
{
    private const string Folder = "deploy/observability";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // Prometheus adds these to every series, or has them itself.
    private static readonly HashSet<string> LabelsOfPrometheus =
        new(["job", "instance", "le", "otel_metric_overflow"], StringComparer.Ordinal);

    private static readonly HashSet<string> MetricsOfPrometheus = new(["up", "ALERTS"], StringComparer.Ordinal);

    [Fact]
    public async Task Names_metrics_and_labels_that_the_programs_export()
    {
        var samples = Exposition.Parse(await EveryMetric.OfTheApiAsync()).Samples
            .Concat(Exposition.Parse(await EveryMetric.OfTheOrdersServiceAsync()).Samples)
            .ToLookup(sample => sample.Name, sample => sample.Labels, StringComparer.Ordinal);
        var documented = Documented();
        var recorded = Rules().Where(rule => rule.TryGetProperty("record", out _)).Select(rule => rule.Text("record"))
            .ToHashSet(StringComparer.Ordinal);
        Assert.True(recorded.Count > 3);

        var wrong = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (place, expression) in Expressions())
        {
            var names = PromQl.Parse(expression);
            wrong.UnionWith(names.Metrics
                .Where(metric => !samples.Contains(metric) && !recorded.Contains(metric) && !MetricsOfPrometheus.Contains(metric))
                .Select(metric => $"{place}: no program exports {metric}"));
            wrong.UnionWith(names.Labels
                .Where(use => samples.Contains(use.Metric) && !LabelsOfPrometheus.Contains(use.Label)
                    && !documented[use.Metric].Contains(use.Label, StringComparer.Ordinal)
                    && !samples[use.Metric].Any(labels => Regex.IsMatch(
                        labels, $"(^|,){use.Label}=", RegexOptions.None, TimeSpan.FromSeconds(1))))
                .Select(use => $"{place}: {use.Metric} has no label {use.Label}"));
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Fires_each_alert_in_a_test_of_promtool()
    {
        var run = await Shell.RunAsync(
            "promtool check rules rules.yml && promtool check config --syntax-only prometheus.yml && promtool test rules rules.test.yml",
            Repository.File(Folder),
            Patience);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);

        var fired =
            from test in Yaml.Read($"{Folder}/rules.test.yml").GetProperty("tests").EnumerateArray()
            from expected in test.GetProperty("alert_rule_test").EnumerateArray()
            where expected.GetProperty("exp_alerts").GetArrayLength() > 0
            select expected.Text("alertname");
        Assert.Equal(Alerts().Order(StringComparer.Ordinal), fired.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Has_a_section_of_the_run_book_for_each_alert()
    {
        var runBook = File.ReadAllText(Repository.File("docs/operations.md"));
        var incidents = runBook[runBook.IndexOf("## Alerts", StringComparison.Ordinal)..];
        var end = incidents.IndexOf("\n## ", 3, StringComparison.Ordinal);
        var sections = Section().Matches(end < 0 ? incidents : incidents[..end]).Select(section => section.Groups["name"].Value);

        Assert.Equal(Alerts(), sections);
    }

    [Fact]
    public async Task Has_the_dashboards_that_their_description_makes()
    {
        var folder = Directory.CreateTempSubdirectory("portico-dashboards-");
        try
        {
            string[] arguments = [Repository.File($"{Folder}/dashboards.mjs"), folder.FullName];
            var run = await Shell.RunAsync("node", arguments, "", folder.FullName, Patience);
            Assert.Equal((0, ""), (run.ExitCode, run.Errors));

            var made = folder.GetFiles().Select(file => file.Name).Order(StringComparer.Ordinal).ToArray();
            var stored = Directory.GetFiles(Repository.File($"{Folder}/grafana/dashboards")).Select(Path.GetFileName);
            Assert.Equal(made, stored.Order(StringComparer.Ordinal));
            Assert.All(made, name => Assert.Equal(
                File.ReadAllText(Path.Combine(folder.FullName, name)),
                File.ReadAllText(Repository.File($"{Folder}/grafana/dashboards/{name}"))));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Sends_alerts_by_a_configuration_that_the_alertmanager_accepts()
    {
        var run = await Shell.RunAsync("amtool check-config alertmanager.yml", Repository.File(Folder), Patience);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);

        // An alert that was renamed would no longer be silenced.
        var named =
            from rule in Yaml.Read($"{Folder}/alertmanager.yml").GetProperty("inhibit_rules").EnumerateArray()
            from side in (string[])["source_matchers", "target_matchers"]
            from matcher in rule.GetProperty(side).EnumerateArray()
            from name in Quoted().Match(matcher.GetString()!).Value.Split('|')
            select name;
        Assert.Empty(named.Except(Alerts(), StringComparer.Ordinal));
    }

    internal static IEnumerable<JsonElement> Rules() =>
        from part in Yaml.Read($"{Folder}/rules.yml").GetProperty("groups").EnumerateArray()
        from rule in part.GetProperty("rules").EnumerateArray()
        select rule;

    private static IEnumerable<string> Alerts() =>
        Rules().Where(rule => rule.TryGetProperty("alert", out _)).Select(rule => rule.Text("alert"));

    private static IEnumerable<(string Place, string Expression)> Expressions()
    {
        foreach (var rule in Rules())
            yield return (rule.TryGetProperty("alert", out var alert) ? alert.GetString()! : rule.Text("record"), rule.Text("expr"));
        foreach (var file in Directory.GetFiles(Repository.File($"{Folder}/grafana/dashboards"), "*.json"))
        {
            using var dashboard = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
            {
                if (!panel.TryGetProperty("targets", out var targets))
                    continue;
                foreach (var target in targets.EnumerateArray())
                    yield return (panel.Text("title"), target.Text("expr"));
            }
        }
    }

    /// <summary>The labels that the tables of the documentation give a metric, with the parts of its histogram.</summary>
    private static ILookup<string, string> Documented() => (
        from metric in Metric().Matches(File.ReadAllText(Repository.File("docs/operations.md")))
        from label in metric.Groups["labels"].Value.Split(',')
        from suffix in (string[])["", "_bucket", "_sum", "_count"]
        select (Name: metric.Groups["name"].Value + suffix, Label: label))
        .ToLookup(use => use.Name, use => use.Label, StringComparer.Ordinal);

    [GeneratedRegex(@"`(?<name>portico_[a-z_]+)\{(?<labels>[a-z_,]+)\}`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Metric();

    [GeneratedRegex(@"^### (?<name>\w+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Section();

    [GeneratedRegex("(?<=\").*(?=\")", RegexOptions.None, 1000)]
    private static partial Regex Quoted();
}
