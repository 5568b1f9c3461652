using System.Buffers;
using System.Globalization;
using System.Text;

namespace Portico.WebApi.Metrics;

/// <summary>Writes metrics in Prometheus' text format 0.0.4, under the names that Prometheus' conventions give them.</summary>
internal static class PrometheusText
{
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["min"] = "minutes",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["%"] = "percent",
    };

    /// <summary>The name of an instrument's metric: <c>http.server.request.duration</c> in <c>s</c> is <c>http_server_request_duration_seconds</c>.</summary>
    public static string NameOf(string instrument, string? unit, MetricKind kind)
    {
        var name = Sanitise(instrument);
        var suffix = unit is null ? null : unit == "1" && kind == MetricKind.Gauge ? "ratio" : Units.GetValueOrDefault(unit);
        if (suffix is not null && !name.EndsWith("_" + suffix, StringComparison.Ordinal))
            name += "_" + suffix;
        if (kind == MetricKind.Counter && !name.EndsWith("_total", StringComparison.Ordinal))
            name += "_total";
        // Such an end names a part of a histogram.
        return kind == MetricKind.Gauge && name.EndsWith("_count", StringComparison.Ordinal) ? name[..^"_count".Length] + "s" : name;
    }

    public static void WriteLabel(IBufferWriter<char> to, string name, ReadOnlySpan<char> value)
    {
        to.Write(Sanitise(name));
        to.Write("=\"");
        foreach (var c in value)
            to.Write(c switch { '\\' => @"\\", '"' => "\\\"", '\n' => "\\n", _ => [c] });
        to.Write("\"");
    }

    public static void Write(StringBuilder to, MetricFamily family)
    {
        var series = family.Series.ToArray();
        if (series.Length == 0)
            return;

        WriteHead(to, family.Name, family.Help, family.Kind);
        foreach (var one in series)
        {
            if (family.Kind == MetricKind.Histogram)
                WriteHistogram(to, family, one);
            else
                WriteSample(to, family.Name, one.Labels, one.Value);
        }
    }

    public static void WriteHead(StringBuilder to, string name, string help, MetricKind kind)
    {
        var escaped = help.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        to.Append("# HELP ").Append(name).Append(' ').Append(escaped).Append('\n');
        to.Append("# TYPE ").Append(name).Append(' ').Append(kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Histogram => "histogram",
            _ => "gauge",
        }).Append('\n');
    }

    public static void WriteSample(StringBuilder to, string name, string labels, double value)
    {
        to.Append(name);
        if (labels.Length > 0)
            to.Append('{').Append(labels).Append('}');
        to.Append(' ').Append(Number(value)).Append('\n');
    }

    private static void WriteHistogram(StringBuilder to, MetricFamily family, MetricSeries series)
    {
        var (buckets, sum, count) = series.Distribution();
        var separator = series.Labels.Length > 0 ? "," : "";
        long below = 0;
        for (var i = 0; i < buckets.Length; i++)
        {
            below += buckets[i];
            var bound = i < family.Bounds.Length ? Number(family.Bounds[i]) : "+Inf";
            WriteSample(to, family.Name + "_bucket", $"{series.Labels}{separator}le=\"{bound}\"", below);
        }

        WriteSample(to, family.Name + "_sum", series.Labels, sum);
        WriteSample(to, family.Name + "_count", series.Labels, count);
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Sanitise(string name)
    {
        if (name.All(IsAllowed) && !char.IsAsciiDigit(name[0]))
            return name;
        var clean = string.Concat(name.Select(c => IsAllowed(c) ? c : '_'));
        return char.IsAsciiDigit(clean[0]) ? "_" + clean : clean;
    }

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
