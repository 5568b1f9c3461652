using Portico.DevStack;
using Portico.Testing;

namespace Portico.IntegrationTests.Stacks;

/// <summary>The API of <c>./dev run</c>, with another program in its place.</summary>
public sealed class RestartedProcessTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("portico-restart-");
    private readonly StringWriter _report = new();

    private string Pid => Path.Combine(_folder.FullName, "api.pid");

    private string Own => Path.Combine(_folder.FullName, "own.pid");

    public void Dispose()
    {
        _report.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Category", "Cases")]
    public async Task Starts_a_killed_program_again_and_says_so(bool isGuard)
    {
        using var stop = new CancellationTokenSource();
        var starts = 0;
        var run = Program($"echo $$ >{Own}; exec sleep 1000").RunAsync(() => Task.FromResult(starts++), stop.Token);
        var first = await ProcessAsync();
        // Without a log file the process of the file is the guard.
        Posix.Send(isGuard ? PidFile.Read(Pid)!.Value : first, Signal.Kill);

        var second = await ProcessAsync(first);
        await Eventually.Holds(() => Task.FromResult(_report.ToString().Contains("ready again", StringComparison.Ordinal)), "ready again");
        Assert.Equal(
            $"The API ended with exit code 137 and is started again (1 of 5) …{Environment.NewLine}The API is ready again.",
            _report.ToString().Trim());
        Assert.Equal(1, starts);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.False(Posix.IsAlive(second));
    }

    [Fact]
    public async Task Gives_up_a_program_that_ends_again_and_again()
    {
        var starts = Path.Combine(_folder.FullName, "starts");
        Assert.Equal(3, await Program($"echo >>{starts}; exit 3").RunAsync(() => Task.CompletedTask, default));
        Assert.Equal(1 + RestartedProcess.MaxRestarts, (await File.ReadAllLinesAsync(starts)).Length);
        Assert.EndsWith("not started again.", _report.ToString().Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_start_again_what_never_was_ready()
    {
        var program = Program("exit 3", ended => Task.Delay(Timeout.Infinite, ended));
        Assert.Equal(3, await program.RunAsync(() => throw new InvalidOperationException("It is not ready."), default));
        Assert.Equal("The API ended by itself with exit code 3 and is not started again.", _report.ToString().Trim());
    }

    private RestartedProcess Program(string script, Func<CancellationToken, Task>? becomeReady = null) =>
        new("The API", new GuardedCommand("/bin/sh", ["-c", script]), Pid, becomeReady ?? (_ => Task.CompletedTask), _report);

    private async Task<int> ProcessAsync(int after = 0)
    {
        var found = 0;
        await Eventually.Holds(
            () => Task.FromResult(
                File.Exists(Own) && int.TryParse(File.ReadAllText(Own), out found) && found != after && PidFile.Read(Pid) is not null),
            "the program to run");
        return found;
    }
}
