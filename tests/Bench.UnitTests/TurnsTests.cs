using Portico.Bench.Load;

namespace Portico.Bench.UnitTests;

/// <summary>Loads that take turns.</summary>
public sealed class TurnsTests
{
    [Fact]
    public async Task Warms_up_all_loads_then_measures_one_round_of_each_and_changes_who_begins()
    {
        List<(string Load, int Rounds, TimeSpan WarmUp)> ran = [];
        var options = new LoadOptions { Rounds = 2, Duration = TimeSpan.FromSeconds(4), WarmUp = TimeSpan.FromSeconds(30) };

        await Turns.RunAsync([Load("first"), Load("second")], options);

        Assert.Equal(["first", "second", "first", "second", "second", "first"], ran.Select(one => one.Load));
        Assert.Equal([0, 0, 1, 1, 1, 1], ran.Select(one => one.Rounds));
        Assert.All(ran[..2], one => Assert.Equal(options.WarmUp, one.WarmUp));
        Assert.All(ran[2..], one => Assert.InRange(one.WarmUp, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1)));

        Func<LoadOptions, Task> Load(string name) => now =>
        {
            ran.Add((name, now.Rounds, now.WarmUp));
            return Task.CompletedTask;
        };
    }
}
