using Portico.Infrastructure.Hosting;

namespace Portico.Application.UnitTests.Hosting;

public sealed class BackoffTests
{
    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 200)]
    [InlineData(5, 1_600)]
    [InlineData(6, 2_000)]
    [InlineData(int.MaxValue, 2_000)]
    public void Doubles_up_to_the_longest(int attempts, int milliseconds) => Assert.Equal(
        TimeSpan.FromMilliseconds(milliseconds),
        new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2)).After(attempts));

    [Fact]
    public void Is_never_longer_than_the_longest() =>
        Assert.Equal(TimeSpan.FromSeconds(1), new Backoff(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1)).After(1));

    [Fact]
    public void The_longest_span_of_all_is_no_overflow() =>
        Assert.Equal(TimeSpan.MaxValue, new Backoff(TimeSpan.FromDays(1), TimeSpan.MaxValue).After(int.MaxValue));
}
