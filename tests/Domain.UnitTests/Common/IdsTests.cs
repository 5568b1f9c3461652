using Portico.Domain.Common;

namespace Portico.Domain.UnitTests.Common;

public sealed class IdsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Keep_the_order_of_instants_within_a_millisecond()
    {
        // A step of the fraction is 2.44 ticks of 100 ns.
        var made = Enumerable.Range(0, 10_000 / 3).Select(n => Ids.New(Now.AddTicks(n * 3))).ToArray();
        Assert.Equal(made.Order(), made);
        Assert.True(made[^1] < Ids.New(Now.AddMilliseconds(1)));
    }

    [Fact]
    public void Are_of_version_7_and_say_their_millisecond()
    {
        foreach (var ticks in new[] { 0, 1, 5_000, 9_999 })
        {
            var id = Ids.New(Now.AddTicks(ticks));
            Assert.Equal(7, id.Version);
            Assert.InRange(id.Variant, 8, 11);
            Assert.Equal(Now.ToUnixTimeMilliseconds(), Convert.ToInt64(id.ToString("N")[..12], 16));
        }
    }

    [Fact]
    public void Tell_when_they_were_made()
    {
        Assert.Equal(Now.ToUnixTimeMilliseconds(), Ids.TimeOf(Ids.New(Now.AddTicks(9_999))).ToUnixTimeMilliseconds());
        Assert.Equal(DateTimeOffset.UnixEpoch, Ids.TimeOf(Ids.FirstOf(-1)));
        // What is no UUID v7 has some time too.
        Assert.Equal(9999, Ids.TimeOf(Guid.AllBitsSet).Year);
    }

    [Fact]
    public void Differ_at_one_instant() => Assert.Equal(10_000, Enumerable.Range(0, 10_000).Select(_ => Ids.New(Now)).Distinct().Count());
}
