namespace Portico.IntegrationTests.Stacks;

/// <summary>What <c>./dev</c> says when it can't do what it was asked for.</summary>
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

    [Fact]
    public async Task Fails_when_packages_can_not_be_restored()
    {
        var folder = Directory.CreateTempSubdirectory("portico-npm-");
        try
        {
            // Everything but the restore works, as with packages that are there from before.
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "npm"), "#!/bin/sh\n[ \"$1\" != ci ]\n");
            await Shell.RunAsync("chmod +x npm", folder.FullName, TimeSpan.FromSeconds(10));
            var path = $"{folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}";

            var run = await Shell.RunAsync(
                "./dev build-console", Repository.Root, TimeSpan.FromSeconds(60),
                new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = path });

            Assert.Equal(1, run.ExitCode);
            Assert.Contains("The console could not be built.", run.Errors, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
