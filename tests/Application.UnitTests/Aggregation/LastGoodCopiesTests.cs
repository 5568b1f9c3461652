using Portico.Application.Common.Security;
using Portico.Infrastructure.Aggregation;

namespace Portico.Application.UnitTests.Aggregation;

public sealed class LastGoodCopiesTests
{
    private static readonly Guid User = Guid.NewGuid();

    [Fact]
    public void Gives_a_copy_only_to_the_same_caller_with_the_same_token_version_and_language()
    {
        using var copies = Make();
        copies.Keep(Key(), [1]);

        Assert.Equal([1], copies.Find(Key())!.Value.Json);
        Assert.Null(copies.Find(Key(user: Guid.NewGuid())));
        Assert.Null(copies.Find(Key(epoch: 2)));
        Assert.Null(copies.Find(Key(locale: "ru")));
        Assert.Null(copies.Find(Key(part: "other")));
    }

    [Fact]
    public void Keeps_no_more_than_its_memory_and_nothing_that_is_too_large()
    {
        using var copies = Make(maxBytes: 100 * 1024);
        for (var n = 0; n < 1_000; n++)
            copies.Keep(Key(user: Guid.NewGuid()), new byte[1024]);
        copies.Keep(Key(part: "large"), new byte[300 * 1024]);

        Assert.InRange(copies.Bytes, 0, 100 * 1024);
        Assert.Null(copies.Find(Key(part: "large")));
    }

    [Fact]
    public void Keeps_nothing_without_a_lifetime()
    {
        using var copies = Make(maxStale: TimeSpan.Zero);
        copies.Keep(Key(), [1]);
        Assert.Null(copies.Find(Key()));
    }

    [Fact]
    public void Forgets_a_copy_of_what_is_refused_now()
    {
        using var copies = Make();
        copies.Keep(Key(), [1]);
        copies.Forget(Key());
        Assert.Null(copies.Find(Key()));
    }

    private static PartKey Key(string part = "part", Guid? user = null, int epoch = 1, string locale = "en") =>
        new(part, new CallerKey(user ?? User, epoch, locale));

    private static LastGoodCopies Make(long maxBytes = 1024 * 1024, TimeSpan? maxStale = null) => new(
        new DashboardSettings { MaxCopyBytes = maxBytes, MaxStale = maxStale ?? TimeSpan.FromMinutes(1) }, TimeProvider.System);
}
