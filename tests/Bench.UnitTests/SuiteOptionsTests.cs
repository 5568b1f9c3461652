using Portico.Bench.Suite;

namespace Portico.Bench.UnitTests;

/// <summary>What can be asked of the load suite, and what is refused.</summary>
public sealed class SuiteOptionsTests
{
    [Fact]
    public void Without_options_every_scenario_runs_once_at_full_length()
    {
        Assert.True(SuiteOptions.TryParse([], out var options, out _));

        Assert.Equal(
            ["ledger", "auth", "dashboard", "records", "events", "start", "idle"], options.Scenarios.Select(scenario => scenario.Name));
        Assert.Equal((1, false, null), (options.Passes, options.IsQuick, options.Compare));
    }

    [Fact]
    public void Takes_all_options_together()
    {
        Assert.True(SuiteOptions.TryParse(
            ["--compare", "v1.2", "--quick", "--scenarios", "records,auth", "--passes", "3"], out var options, out _));

        Assert.Equal((3, true, "v1.2"), (options.Passes, options.IsQuick, options.Compare));
        Assert.Equal(["auth", "records"], options.Scenarios.Select(scenario => scenario.Name));
    }

    [Theory]
    [InlineData("'--fast' is no option of all.", "--fast")]
    [InlineData("'auth' is no option of all.", "auth")]
    [InlineData("--compare needs a value.", "--compare")]
    [InlineData("--compare needs a value.", "--compare", "--quick")]
    [InlineData("--compare needs a value.", "--compare", "")]
    [InlineData("--passes is '0' and must be a whole number from 1 to 9.", "--passes", "0")]
    [InlineData("--passes is '10' and must be a whole number from 1 to 9.", "--passes", "10")]
    [InlineData("--passes is 'two' and must be a whole number from 1 to 9.", "--passes", "two")]
    [InlineData("--scenarios names 'money'; there are ledger, auth, dashboard,", "--scenarios", "auth,money")]
    public void Says_what_is_wrong_with_an_option(string message, params string[] arguments)
    {
        Assert.False(SuiteOptions.TryParse(arguments, out _, out var problem));

        Assert.StartsWith(message, problem, StringComparison.Ordinal);
    }
}
