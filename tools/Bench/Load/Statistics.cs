namespace Portico.Bench.Load;

/// <summary>Whether two samples come from one distribution.</summary>
/// <param name="Z">How many standard deviations the rank sum is off.</param>
/// <param name="P">How often chance alone does as much, two-sided.</param>
/// <param name="Superiority">How often one of the first is larger than one of the second; a half when they are alike.</param>
internal sealed record MannWhitney(double Z, double P, double Superiority);

internal static class Statistics
{
    public static double Median(IReadOnlyCollection<double> values) => Quantile(values, 0.5);

    public static double Median<T>(this IEnumerable<T> all, Func<T, double> value) => Median([.. all.Select(value)]);

    public static double Quantile(IReadOnlyCollection<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
            return double.NaN;
        var at = share * (sorted.Length - 1);
        var (below, above) = (sorted[(int)Math.Floor(at)], sorted[(int)Math.Ceiling(at)]);
        return below + ((above - below) * (at - Math.Floor(at)));
    }

    /// <summary>The mean of at least two values, and its standard error.</summary>
    public static (double Mean, double Error) MeanAndError(IReadOnlyCollection<double> values)
    {
        var mean = values.Average();
        return (mean, Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1.0) / values.Count));
    }

    /// <summary>The mean of at least two ratios and its relative standard error, by their logarithms: twice and half cancel.</summary>
    public static (double Mean, double Error) Ratio(IReadOnlyCollection<double> ratios)
    {
        var (mean, error) = MeanAndError([.. ratios.Select(ratio => Math.Log(ratio))]);
        return (Math.Exp(mean), error);
    }

    /// <summary>
    /// Compares two samples by their ranks, which outliers don't move (Mann and Whitney 1947, with the correction for ties).
    /// </summary>
    public static MannWhitney Compare(IReadOnlyCollection<double> first, IReadOnlyCollection<double> second)
    {
        var all = first.Select(value => (Value: value, IsFirst: true)).Concat(
            second.Select(value => (Value: value, IsFirst: false))).OrderBy(one => one.Value).ToArray();
        var (rankSum, ties) = (0.0, 0.0);
        for (var from = 0; from < all.Length;)
        {
            var to = from;
            while (to < all.Length && all[to].Value == all[from].Value)
                to++;
            var rank = (from + 1 + to) / 2.0;
            rankSum += rank * all[from..to].Count(one => one.IsFirst);
            ties += Math.Pow(to - from, 3) - (to - from);
            from = to;
        }

        double n = first.Count, m = second.Count, total = n + m;
        var u = rankSum - (n * (n + 1) / 2);
        var deviation = Math.Sqrt(n * m / 12 * (total + 1 - (ties / (total * (total - 1)))));
        var z = (u - (n * m / 2)) / deviation;
        return new MannWhitney(z, Tail(Math.Abs(z) / Math.Sqrt(2)), u / (n * m));
    }

    /// <summary>The complementary error function, to seven digits (Abramowitz and Stegun, 7.1.26).</summary>
    private static double Tail(double x)
    {
        var t = 1 / (1 + (0.3275911 * x));
        return t * (0.254829592 + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429)))))))) * Math.Exp(-x * x);
    }
}
