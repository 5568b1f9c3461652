namespace Portico.IntegrationTests.Stacks;

/// <summary>What <c>./dev</c> says to arguments that it does not know, before it does anything.</summary>
public sealed class DevScriptTests
{
    [Theory]
    [InlineData("format --check", "Usage: ./dev format")]
    [InlineData("down now", "Usage: ./dev down")]
    [InlineData("build-console --watch", "Usage: ./dev build-console")]
    [InlineData("run --verbos", "Usage: ./dev run [--verbose]")]
    [InlineData("test --filter Ledger", "Usage: ./dev test")]
    [InlineData("test --list", "Usage: ./dev test")]
    [InlineData("tset", "Unknown command: tset")]
    public async Task Refuses_what_it_does_not_know(string arguments, string said)
    {
        var run = await Shell.RunAsync($"\"{Repository.File("dev")}\" {arguments}", Path.GetTempPath(), TimeSpan.FromSeconds(30));

        Assert.NotEqual(0, run.ExitCode);
        Assert.StartsWith(said, run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }
}
