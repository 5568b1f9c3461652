using Portico.Bench.Load;

namespace Portico.Bench.UnitTests;

/// <summary>Means of pairs of rounds.</summary>
public sealed class StatisticsTests
{
    [Fact]
    public void Twice_and_half_are_no_difference()
    {
        var (mean, error) = Statistics.Ratio([2, 0.5]);

        Assert.Equal(1, mean, precision: 12);
        // Two logarithms, each ln 2 from their mean: the deviation is ln 2 · √2, the error that of two values.
        Assert.Equal(Math.Log(2), error, precision: 12);
    }

    [Fact]
    public void Pairs_that_agree_have_no_error()
    {
        var (mean, error) = Statistics.Ratio([3, 3, 3]);

        Assert.Equal(3, mean, precision: 12);
        Assert.Equal(0, error, precision: 12);
    }
}
