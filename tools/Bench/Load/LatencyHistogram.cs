using System.Diagnostics;
using System.Numerics;

namespace Portico.Bench.Load;

/// <summary>Counts durations in buckets that are at most 1.6 % wide, so that any number of them takes the same room.</summary>
internal sealed class LatencyHistogram
{
    private const int Fine = 6;
    private const int Buckets = (64 - Fine + 1) << Fine;

    private readonly long[] _counts = new long[Buckets];

    public long Count { get; private set; }

    /// <param name="ticks">As <see cref="Stopwatch"/> counts.</param>
    public void Add(long ticks)
    {
        _counts[IndexOf((ulong)long.Max(ticks, 0))]++;
        Count++;
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < Buckets; i++)
            _counts[i] += other._counts[i];
        Count += other.Count;
    }

    /// <summary>The duration that the given share of all did not exceed, in milliseconds; 0 when there is none.</summary>
    public double Quantile(double share)
    {
        var rank = (long)Math.Ceiling(share * Count);
        for (var i = 0; i < Buckets && rank > 0; i++)
        {
            rank -= _counts[i];
            if (rank <= 0)
                return LowestOf(i + 1) * 1000.0 / Stopwatch.Frequency;
        }

        return 0;
    }

    /// <summary>How many durations are longer, to the width of a bucket.</summary>
    public long CountAbove(double milliseconds)
    {
        var count = 0L;
        for (var i = IndexOf((ulong)(milliseconds * Stopwatch.Frequency / 1000)) + 1; i < Buckets; i++)
            count += _counts[i];
        return count;
    }

    private static int IndexOf(ulong ticks)
    {
        var shift = int.Max(0, 63 - BitOperations.LeadingZeroCount(ticks | 1) - Fine);
        return (shift << Fine) + (int)(ticks >> shift);
    }

    private static double LowestOf(int index)
    {
        var shift = int.Max(0, (index >> Fine) - 1);
        return Math.ScaleB(index - (shift << Fine), shift);
    }
}
