using System.Globalization;
using System.Net;
using Portico.Bench.Load;

namespace Portico.Bench.Suite;

/// <summary>The result of the suite as one HTML page, which needs no network and no script.</summary>
internal static class SuitePage
{
    private const double Width = 1000;

    private const string Style =
        """
        :root { color-scheme: light dark; --ink: #1a1d21; --soft: #5b6470; --line: #d9dee4; --page: #fff; --card: #f6f8fa;
                --this: #2563eb; --other: #9aa5b1; --good: #15803d; --bad: #b91c1c; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6e9ed; --soft: #9aa5b1; --line: #333a43; --page: #14171b; --card: #1c2127;
                  --this: #6ea8fe; --other: #6b7683; --good: #4ade80; --bad: #f87171; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 68rem; padding: 1rem; color: var(--ink); background: var(--page);
               font: 16px/1.5 system-ui, sans-serif; }
        h1 { margin: .2em 0; } h2 { margin: 2em 0 .5em; text-transform: capitalize; } h3 { margin: 0 0 .5em; font-size: 1rem; }
        p { margin: .4em 0; overflow-wrap: anywhere; } .soft { color: var(--soft); font-size: .9rem; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem; }
        figure { margin: 0; padding: .8rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
        .row { margin: .55rem 0 0; } .label { display: flex; justify-content: space-between; gap: 1rem; font-size: .85rem; }
        .label b { white-space: nowrap; font-weight: 600; font-variant-numeric: tabular-nums; }
        svg { display: block; width: 100%; height: .7rem; } svg + svg { margin-top: 2px; }
        .this { fill: var(--this); } .other { fill: var(--other); } .track { fill: var(--line); }
        .key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin: 0 .3em 0 .8em; }
        .scroll { overflow-x: auto; margin-top: 1rem; } table { border-collapse: collapse; font-size: .9rem; }
        th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap;
                 font-variant-numeric: tabular-nums; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; } th { color: var(--soft); font-weight: 600; }
        .good { color: var(--good); } .bad { color: var(--bad); }
        """;

    public static string Of(SuiteReport report)
    {
        using var page = new StringWriter(CultureInfo.InvariantCulture);
        page.Write($"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{SuiteReport.Title}: {Html(report.This.Commit)}</title><style>{Style}</style></head><body>
            <h1>{SuiteReport.Title}</h1>

            """);
        foreach (var paragraph in report.Introduction)
            page.Write($"<p class=\"soft\">{Html(paragraph)}</p>\n");
        if (report.Other is { } other)
            page.Write(
                $"<p><i class=\"key\" style=\"background: var(--this)\"></i>{Html(report.This.Name)}"
                + $"<i class=\"key\" style=\"background: var(--other)\"></i>{Html(other.Name)}</p>\n");
        if (report.ProcessorRatio is { } all)
            page.Write($"<p>API CPU of all {all.Loads} loads, geometric mean: {Ratio(all.Ratio, isLessBetter: true)}</p>\n");

        foreach (var problem in report.Problems())
            page.Write($"<p class=\"bad\">{Html(problem)}</p>\n");
        foreach (var scenario in report.This.Loads.Select(load => load.Scenario)
            .Concat(report.This.Figures.Select(figure => figure.Scenario)).Distinct(StringComparer.Ordinal))
            AddScenario(page, report, scenario);
        page.Write("</body></html>\n");
        return page.ToString();
    }

    private static void AddScenario(StringWriter page, SuiteReport report, string scenario)
    {
        SuiteLoad[] loads = [.. report.This.Loads.Where(load => load.Scenario == scenario)];
        page.Write($"<section><h2>{Html(scenario)}</h2>\n");
        if (loads.Length > 0)
        {
            page.Write("<div class=\"plots\">");
            AddProcessorPlot(page, report, loads);
            AddLatencyPlot(page, report, loads);
            page.Write("</div>\n");
            AddLoads(page, report, loads);
        }

        SuiteFigure[] figures = [.. report.This.Figures.Where(figure => figure.Scenario == scenario)];
        if (figures.Length > 0)
            AddFigures(page, report, figures);
        page.Write("</section>\n");
    }

    /// <summary>A bar a load, from 0.</summary>
    private static void AddProcessorPlot(StringWriter page, SuiteReport report, SuiteLoad[] loads)
    {
        var most = loads.Concat(loads.Select(load => report.Other?.Find(load)).OfType<SuiteLoad>())
            .Select(load => load.ApiMs).Where(double.IsFinite).DefaultIfEmpty(0).Max();
        page.Write("<figure><h3>API CPU a request, ms</h3>");
        foreach (var load in loads)
        {
            AddLabel(page, load, SuiteReport.Cell(load.ApiMs, report.Other?.Find(load)?.ApiMs));
            AddBar(page, "this", 0, Share(load.ApiMs));
            if (report.Other?.Find(load) is { } other)
                AddBar(page, "other", 0, Share(other.ApiMs));
            page.Write("</div>");
        }

        page.Write("</figure>\n");

        double Share(double value) => most > 0 && double.IsFinite(value) ? value / most : 0;
    }

    /// <summary>The range from p50 to p99 of each load, on a scale of powers of ten.</summary>
    private static void AddLatencyPlot(StringWriter page, SuiteReport report, SuiteLoad[] loads)
    {
        double[] all =
        [
            .. loads.Concat(loads.Select(load => report.Other?.Find(load)).OfType<SuiteLoad>())
                .SelectMany(load => (double[])[load.P50Ms, load.P99Ms])
                .Where(value => double.IsFinite(value) && value > 0),
        ];
        if (all.Length == 0)
            return;
        var (from, to) = (Math.Floor(Math.Log10(all.Min())), Math.Ceiling(Math.Log10(all.Max())));
        to = Math.Max(to, from + 1);
        page.Write($"<figure><h3>Latency, p50 to p99, {Power(from)} to {Power(to)} ms (logarithmic)</h3>");
        foreach (var load in loads)
        {
            AddLabel(page, load, $"{LoadReport.Number(load.P50Ms)} – {LoadReport.Number(load.P99Ms)}");
            AddBar(page, "this", At(load.P50Ms), At(load.P99Ms));
            if (report.Other?.Find(load) is { } other)
                AddBar(page, "other", At(other.P50Ms), At(other.P99Ms));
            page.Write("</div>");
        }

        page.Write("</figure>\n");

        double At(double value) => double.IsFinite(value) && value > 0 ? (Math.Log10(value) - from) / (to - from) : 0;

        static string Power(double exponent) => $"{Math.Pow(10, exponent):0.######}";
    }

    private static void AddLabel(StringWriter page, SuiteLoad load, string value) => page.Write(
        $"<div class=\"row\"><div class=\"label\"><span>{Html(load.Load)}{(load.Connections > 1 ? $" · {load.Connections}" : "")}</span>"
        + $"<b>{Html(value)}</b></div>");

    private static void AddBar(StringWriter page, string side, double from, double to) => page.Write(
        $"<svg viewBox=\"0 0 {Width:0} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
        + $"<rect class=\"track\" width=\"{Width:0}\" height=\"10\" opacity=\".35\"/>"
        + $"<rect class=\"{side}\" x=\"{from * Width:0.#}\" width=\"{Math.Max(4, (to - from) * Width):0.#}\" height=\"10\"/></svg>");

    private static void AddLoads(StringWriter page, SuiteReport report, SuiteLoad[] loads)
    {
        page.Write(
            "<div class=\"scroll\"><table><tr><th>load</th><th>connections</th><th>API CPU ms</th><th>p50 ms</th><th>p99 ms</th>"
            + "<th>requests/s</th><th>× plain SQL</th><th>failed</th></tr>\n");
        foreach (var load in loads)
        {
            var other = report.Other?.Find(load);
            page.Write(
                $"<tr><td>{Html(load.Load)}</td><td>{load.Connections}</td>{Cell(load.ApiMs, other?.ApiMs, isLessBetter: true)}"
                + $"{Cell(load.P50Ms, other?.P50Ms, isLessBetter: true)}{Cell(load.P99Ms, other?.P99Ms, isLessBetter: true)}"
                + $"{Cell(load.PerSecond, other?.PerSecond, isLessBetter: false)}"
                + $"{Cell(load.ToPlainLedger, other?.ToPlainLedger, isLessBetter: false)}"
                + $"<td{(load.Failed > 0 ? " class=\"bad\"" : "")}>{load.Failed}</td></tr>\n");
        }

        page.Write("</table></div>\n");
    }

    private static void AddFigures(StringWriter page, SuiteReport report, SuiteFigure[] figures)
    {
        page.Write("<div class=\"scroll\"><table><tr><th>figure</th><th>value</th><th>unit</th></tr>\n");
        foreach (var figure in figures)
        {
            var isLessBetter = !figure.Unit.EndsWith("/s", StringComparison.Ordinal);
            page.Write(
                $"<tr><td>{Html(figure.What)}</td>{Cell(figure.Value, report.Other?.Find(figure)?.Value, isLessBetter)}"
                + $"<td>{Html(figure.Unit)}</td></tr>\n");
        }

        page.Write("</table></div>\n");
    }

    private static string Cell(double? value, double? other, bool isLessBetter) => value is not { } number
        ? "<td></td>"
        : $"<td>{LoadReport.Number(number)}{(SuiteReport.Ratio(number, other) is { } ratio ? $" {Ratio(ratio, isLessBetter)}" : "")}</td>";

    /// <summary>A ratio in the colour of its meaning; a difference of a twentieth is noise.</summary>
    private static string Ratio(double ratio, bool isLessBetter)
    {
        const double Noise = 0.05;
        var isLess = ratio < 1 - Noise;
        var isMore = ratio > 1 + Noise;
        var colour = isLess == isMore ? "" : isLess == isLessBetter ? " class=\"good\"" : " class=\"bad\"";
        return $"<span{colour}>{SuiteReport.Text(ratio)}</span>";
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
