using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Portico.IntegrationTests.Observability;
using Portico.WebApi.Observability;

namespace Portico.IntegrationTests.Conventions;

public sealed partial class MetricsTests : IAsyncLifetime
{
    private ProbeApp _app = null!;
    private Meter _meter = null!;

    public async Task InitializeAsync()
    {
        _app = await ProbeApp.StartAsync();
        _meter = _app.Services.GetRequiredService<IMeterFactory>().Create("Portico.Tests");
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Counts_requests_by_route_and_names_the_runtime()
    {
        for (var i = 0; i < 3; i++)
            await _app.Get($"{Requests.Probes}/{Guid.NewGuid()}");
        var metrics = await Scrape();
        var counted = Assert.Single(
            metrics.Samples,
            sample => sample.Name == "http_server_request_duration_seconds_count"
                && sample.Labels.Contains("probes/{id:guid}", StringComparison.Ordinal));
        Assert.Equal(3, counted.Value);
        Assert.Contains("http_response_status_code=\"200\"", counted.Labels, StringComparison.Ordinal);
        Assert.Equal("histogram", metrics.Types["http_server_request_duration_seconds"]);
        Assert.True(metrics.Value("dotnet_process_memory_working_set_bytes", "") > 0);
        Assert.True(metrics.Types.ContainsKey("kestrel_active_connections"));
        Assert.True(metrics.Value("dotnet_assemblies", "") > 0);
    }

    [Fact]
    public async Task Keeps_the_buckets_that_an_instrument_advises()
    {
        var advice = new InstrumentAdvice<long> { HistogramBucketBoundaries = [10, 100] };
        var histogram = _meter.CreateHistogram("portico.tests.size", "By", "Sizes", tags: null, advice);
        foreach (var size in new long[] { 1, 10, 11, 1000 })
            histogram.Record(size);
        var metrics = await Scrape();
        Assert.Equal(2, metrics.Value("portico_tests_size_bytes_bucket", "le=\"10\""));
        Assert.Equal(3, metrics.Value("portico_tests_size_bytes_bucket", "le=\"100\""));
        Assert.Equal(4, metrics.Value("portico_tests_size_bytes_bucket", "le=\"+Inf\""));
        Assert.Equal(4, metrics.Value("portico_tests_size_bytes_count", ""));
        Assert.Equal(1022, metrics.Value("portico_tests_size_bytes_sum", ""));
    }

    [Fact]
    public async Task Holds_a_bound_on_series_and_adds_up_what_is_beyond_it()
    {
        const int Measured = TelemetryExport.MaxSeries + 100;
        var counter = _meter.CreateCounter<int>("portico.tests.many");
        Parallel.For(0, Measured, n => counter.Add(1, new KeyValuePair<string, object?>("n", n)));
        var samples = (await Scrape()).Samples.Where(sample => sample.Name == "portico_tests_many_total").ToArray();
        var beyond = Assert.Single(samples, sample => sample.Labels == "otel_metric_overflow=\"true\"");
        Assert.Equal(100, beyond.Value);
        Assert.Equal(TelemetryExport.MaxSeries + 1, samples.Length);
        Assert.Equal(Measured, samples.Sum(sample => sample.Value));
    }

    [Fact]
    public async Task Leaves_the_meters_of_another_application_to_it()
    {
        await using var other = await ProbeApp.StartAsync();
        var meter = other.Services.GetRequiredService<IMeterFactory>().Create("Portico.Tests");
        meter.CreateCounter<int>("portico.tests.elsewhere").Add(1);
        Assert.DoesNotContain((await Scrape()).Samples, sample => sample.Name == "portico_tests_elsewhere_total");
    }

    /// <summary>A whole application, since most metrics are those of the infrastructure.</summary>
    [Fact]
    public async Task Has_the_metrics_that_the_documentation_names_in_a_form_that_promtool_accepts()
    {
        var text = await EveryMetric.OfTheApiAsync();
        var check = await Shell.RunAsync("promtool", ["check", "metrics"], text, AppContext.BaseDirectory, TimeSpan.FromMinutes(1));
        Assert.True(check.ExitCode == 0, check.Output + check.Errors);
        Assert.Equal("", check.Output + check.Errors);

        var documentation = await File.ReadAllTextAsync(Repository.File("docs/operations.md"));
        var documented =
            from table in documentation.Split("\n\n")
            where table.StartsWith("| metric |", StringComparison.Ordinal)
            from match in OwnNames().Matches(table)
            select match.Groups["name"].Value;
        var own = Exposition.Parse(text).Types.Keys.Where(name => name.StartsWith("portico_", StringComparison.Ordinal));
        Assert.Equal(documented.Order(StringComparer.Ordinal), own.Order(StringComparer.Ordinal));
    }

    private async Task<Exposition> Scrape()
    {
        using var client = new HttpClient();
        return Exposition.Parse(await client.GetStringAsync(new Uri(_app.Management, "/metrics")));
    }

    [GeneratedRegex("`(?<name>portico_[a-z_]+)(\\{[a-z,]+\\})?`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OwnNames();
}

/// <summary>Reads the text format strictly: every sample belongs to a family that was announced, once.</summary>
internal sealed partial record Exposition(IReadOnlyDictionary<string, string> Types, IReadOnlyList<Sample> Samples)
{
    public double Value(string name, string labels) => Samples.Single(sample => sample.Name == name && sample.Labels == labels).Value;

    public static Exposition Parse(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Dictionary<string, string> types = new(StringComparer.Ordinal);
        List<Sample> samples = [];
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal) || line == "# EOF")
                continue;
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                types.Add(line.Split(' ')[2], line.Split(' ')[3]);
                continue;
            }

            var match = Line().Match(line);
            Assert.True(match.Success, line);
            var name = match.Groups["name"].Value;
            Assert.True(types.ContainsKey(name) || types.ContainsKey(Part().Replace(name, "")), $"{name} was not announced.");
            var value = match.Groups["value"].Value;
            var number = value == "+Inf" ? double.PositiveInfinity : double.Parse(value, CultureInfo.InvariantCulture);
            samples.Add(new Sample(name, match.Groups["labels"].Value, number));
        }

        Assert.Equal(samples.Count, samples.DistinctBy(sample => (sample.Name, sample.Labels)).Count());
        return new Exposition(types, samples);
    }

    [GeneratedRegex(
        """^(?<name>[a-zA-Z_][a-zA-Z0-9_]*)(\{(?<labels>([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*",?)*)\})? (?<value>\S+)$""",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Line();

    [GeneratedRegex("_(bucket|sum|count)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Part();
}

internal sealed record Sample(string Name, string Labels, double Value);
