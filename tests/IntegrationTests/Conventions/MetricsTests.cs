using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Portico.WebApi.Metrics;

namespace Portico.IntegrationTests.Conventions;

public sealed class MetricsTests : IAsyncLifetime
{
    private EdgeApp _app = null!;
    private Meter _meter = null!;

    public async Task InitializeAsync()
    {
        _app = await EdgeApp.StartAsync();
        _meter = _app.Services.GetRequiredService<IMeterFactory>().Create("Portico.Tests");
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Counts_requests_by_route_and_names_the_runtime()
    {
        for (var i = 0; i < 3; i++)
            await _app.Get($"{Requests.Probes}/{Guid.NewGuid()}");
        var metrics = await Scrape();
        var counted = Assert.Single(metrics.Samples, sample => sample.Name == "http_server_request_duration_seconds_count" && sample.Labels.Contains("probes/{id:guid}", StringComparison.Ordinal));
        Assert.Equal(3, counted.Value);
        Assert.Contains("http_response_status_code=\"200\"", counted.Labels, StringComparison.Ordinal);
        Assert.Equal("histogram", metrics.Types["http_server_request_duration_seconds"]);
        Assert.True(metrics.Value("dotnet_process_memory_working_set_bytes", "") > 0);
        Assert.True(metrics.Types.ContainsKey("kestrel_active_connections"));
    }

    [Fact]
    public async Task Adds_sets_and_observes()
    {
        var counter = _meter.CreateCounter<long>("portico.tests.things", "{thing}", "Things");
        counter.Add(2, new KeyValuePair<string, object?>("b", true), new KeyValuePair<string, object?>("a", 1));
        counter.Add(3, new KeyValuePair<string, object?>("a", 1), new KeyValuePair<string, object?>("b", true));
        _meter.CreateUpDownCounter<int>("portico.tests.open").Add(-2);
        _meter.CreateGauge<double>("portico.tests.level", "1").Record(0.5);
        var alive = true;
        _meter.CreateObservableGauge<int>("portico.tests.seen", () => alive ? [new Measurement<int>(7)] : []);

        var metrics = await Scrape();
        Assert.Equal(5, metrics.Value("portico_tests_things_total", "a=\"1\",b=\"true\""));
        Assert.Equal(-2, metrics.Value("portico_tests_open", ""));
        Assert.Equal(0.5, metrics.Value("portico_tests_level_ratio", ""));
        Assert.Equal(7, metrics.Value("portico_tests_seen", ""));

        alive = false;
        Assert.DoesNotContain((await Scrape()).Samples, sample => sample.Name == "portico_tests_seen");
    }

    [Fact]
    public async Task Keeps_the_buckets_that_an_instrument_advises()
    {
        var histogram = _meter.CreateHistogram("portico.tests.size", "By", "Sizes", tags: null, new InstrumentAdvice<long> { HistogramBucketBoundaries = [10, 100] });
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
    public async Task Escapes_what_labels_hold()
    {
        _meter.CreateCounter<int>("portico.tests.odd").Add(1, new KeyValuePair<string, object?>("what.it-is", "a\"b\\c\nd"));
        Assert.Equal(1, (await Scrape()).Value("portico_tests_odd_total", """what_it_is="a\"b\\c\nd" """.TrimEnd()));
    }

    [Fact]
    public async Task Holds_a_bound_on_series_and_counts_what_it_drops()
    {
        var counter = _meter.CreateCounter<int>("portico.tests.many");
        Parallel.For(0, MetricFamily.MaxSeries + 100, n => counter.Add(1, new KeyValuePair<string, object?>("n", n)));
        var metrics = await Scrape();
        Assert.Equal(MetricFamily.MaxSeries, metrics.Samples.Count(sample => sample.Name == "portico_tests_many_total"));
        Assert.Equal(100, metrics.Value("portico_metrics_dropped_total", "metric=\"portico_tests_many_total\""));
    }

    [Fact]
    public async Task Loses_no_count_of_many_threads()
    {
        var counter = _meter.CreateCounter<int>("portico.tests.parallel");
        Parallel.For(0, 20_000, n => counter.Add(1, new KeyValuePair<string, object?>("n", n % 7)));
        Assert.Equal(20_000, (await Scrape()).Samples.Where(sample => sample.Name == "portico_tests_parallel_total").Sum(sample => sample.Value));
    }

    private async Task<Exposition> Scrape()
    {
        using var client = new HttpClient();
        return Exposition.Parse(await client.GetStringAsync(new Uri(_app.Management, "/metrics")));
    }
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
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
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
            samples.Add(new Sample(name, match.Groups["labels"].Value, value == "+Inf" ? double.PositiveInfinity : double.Parse(value, CultureInfo.InvariantCulture)));
        }

        Assert.Equal(samples.Count, samples.DistinctBy(sample => (sample.Name, sample.Labels)).Count());
        return new Exposition(types, samples);
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_][a-zA-Z0-9_]*)(\{(?<labels>[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")*)\})? (?<value>\S+)$""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Line();

    [GeneratedRegex("_(bucket|sum|count)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Part();
}

internal sealed record Sample(string Name, string Labels, double Value);
