using Portico.Domain.Common;

namespace Portico.Domain.UnitTests.Common;

public sealed class ResultTests
{
    private static readonly Error Taken = new(ErrorKind.Conflict, "taken", "It is taken.");

    [Fact]
    public void A_value_is_a_success()
    {
        Result<int> result = 42;

        Assert.True(result.IsSuccess);
        Assert.Null(result.Error);
        Assert.Equal(42, result.Value);
    }

    [Fact]
    public void An_error_is_a_refusal_without_a_value()
    {
        Result<int> result = Taken;

        Assert.False(result.IsSuccess);
        Assert.Same(Taken, result.Error);
        var exception = Assert.Throws<InvalidOperationException>(() => result.Value);
        Assert.Contains("taken", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_refusal_lacks_its_error() => Assert.Throws<ArgumentNullException>(() => Result<int>.Refuse(null!));

    [Fact]
    public void No_success_lacks_its_value()
    {
        string? nothing = null;

        Assert.Throws<ArgumentNullException>(() => { Result<string> _ = nothing!; });
    }

    [Fact]
    public void Any_request_can_be_refused_without_knowing_what_it_answers()
    {
        static TResult Refuse<TResult>() where TResult : IResult<TResult> => TResult.Refuse(Taken);

        Assert.Same(Taken, Refuse<Result<Unit>>().Error);
    }

    [Fact]
    public void An_error_blames_no_field_and_asks_for_no_pause_unless_told_so()
    {
        Assert.Empty(Taken.Fields);
        Assert.Null(Taken.RetryAfter);
    }
}
