using System.Diagnostics;
using Portico.Bench.Load;

namespace Portico.Bench.UnitTests;

/// <summary>What a histogram tells of the durations that it has counted.</summary>
public sealed class LatencyHistogramTests
{
    private const double BucketWidth = 0.016;

    private readonly LatencyHistogram _histogram = new();

    public LatencyHistogramTests()
    {
        for (var milliseconds = 1; milliseconds <= 1000; milliseconds++)
            _histogram.Add(milliseconds * Stopwatch.Frequency / 1000);
    }

    [Theory]
    [InlineData(0.5, 500)]
    [InlineData(0.99, 990)]
    [InlineData(1, 1000)]
    public void A_quantile_is_exact_to_the_width_of_a_bucket(double share, double milliseconds) =>
        Assert.InRange(_histogram.Quantile(share), milliseconds, milliseconds * (1 + BucketWidth));

    [Theory]
    [InlineData(0.5, 1000)]
    [InlineData(200, 800)]
    [InlineData(990, 10)]
    [InlineData(1020, 0)]
    public void Longer_durations_are_counted_to_the_width_of_a_bucket(double milliseconds, int longer) =>
        Assert.InRange(_histogram.CountAbove(milliseconds), longer - (milliseconds * BucketWidth), longer);

    [Fact]
    public void An_empty_one_has_no_durations()
    {
        var empty = new LatencyHistogram();

        Assert.Equal(0, empty.Quantile(0.99));
        Assert.Equal(0, empty.CountAbove(0));
    }
}
