using Portico.DevStack;
using Portico.Testing;

namespace Portico.IntegrationTests.Containers;

/// <summary>The build of the images, without an engine: its commands on what it copies, and nothing else.</summary>
public sealed class DockerfileTests
{
    private static readonly string[] Targets = ["server", "orders", "migrator", "seeder"];

    [Fact]
    [Trait("Category", "Builds")]
    public async Task Builds_programs_that_start_from_what_it_copies()
    {
        var context = Directory.CreateTempSubdirectory("portico-build-");
        try
        {
            foreach (var instruction in Dockerfile.Read().Where(instruction => instruction.Stage == "build"))
            {
                if (instruction.Verb == "COPY")
                    Copy(instruction.Arguments.Split(' '), context.FullName);
                else if (instruction.Verb == "RUN")
                    await Run(instruction.Arguments, context.FullName);
            }

            foreach (var target in Targets)
            {
                var program = Program(target, context.FullName);
                Assert.True(File.Exists(program), $"{target} starts {program}, which was not built.");
            }

            var help = await Run($"dotnet {Program("migrator", context.FullName)} --help", context.FullName);
            Assert.Contains("Applies the SQL migrations", help.Output, StringComparison.Ordinal);
            help = await Run($"dotnet {Program("seeder", context.FullName)} --help", context.FullName);
            Assert.Contains("Fills a migrated database", help.Output, StringComparison.Ordinal);
            var started = await Shell.RunAsync(
                $"dotnet {Program("server", context.FullName)}", context.FullName, TimeSpan.FromMinutes(5), Environment);
            Assert.Equal(1, started.ExitCode);
            Assert.Contains("ConnectionStrings:Portico is missing", started.Errors, StringComparison.Ordinal);
            started = await Shell.RunAsync(
                $"dotnet {Program("orders", context.FullName)}", context.FullName, TimeSpan.FromMinutes(5), Environment);
            Assert.Equal(1, started.ExitCode);
            Assert.Contains("ConnectionStrings:Orders is missing", started.Errors, StringComparison.Ordinal);
        }
        finally
        {
            context.Delete(recursive: true);
        }
    }

    [Fact]
    public void Copies_nothing_but_project_files_before_it_restores()
    {
        var copied = Dockerfile.Read()
            .Where(instruction => instruction.Stage == "build")
            .TakeWhile(instruction => instruction.Verb != "RUN")
            .Where(instruction => instruction.Verb == "COPY")
            .SelectMany(instruction => instruction.Arguments.Split(' ')[..^1]);

        Assert.All(copied, file => Assert.Matches(@"(\.csproj|\.props|\.json)$", file));
    }

    [Fact]
    public void Starts_the_server_with_the_same_runtime_variables_as_every_other_way_to_start_it()
    {
        var variables = Dockerfile.Read()
            .Where(instruction => instruction is { Stage: "server" or "orders", Verb: "ENV" })
            .SelectMany(instruction => instruction.Arguments.Split())
            .Where(variable => variable.StartsWith("DOTNET_", StringComparison.Ordinal));

        string[] expected = [.. RuntimeVariables.OfServer.Select(variable => $"{variable.Key}={variable.Value}")];
        Assert.Equal([.. expected, .. expected], variables);
    }

    [Fact]
    public void Runs_every_image_as_nobody_in_particular()
    {
        foreach (var target in Targets)
            Assert.Equal("$APP_UID", Dockerfile.ReadImage(target).Single(instruction => instruction.Verb == "USER").Arguments);
    }

    [Fact]
    public async Task Asks_a_server_for_its_health_without_curl()
    {
        var app = await PorticoApp.SharedAsync();
        var health = Dockerfile.Read().Single(instruction => instruction is { Stage: "server", Verb: "HEALTHCHECK" });
        var command = Dockerfile.Exec(health.Arguments);
        Assert.Equal(["dotnet", "/health/Portico.HealthCheck.dll", "http://127.0.0.1:5080/health/ready"], command);

        Assert.Equal((0, ""), await Ask($"{new Uri(app.Api, "/health/ready")}"));
        var missing = new Uri(app.Api, "/health/nothing");
        Assert.Equal((1, $"{missing} answered 404.\n"), await Ask($"{missing}"));
        var (code, reason) = await Ask($"http://127.0.0.1:{Ports.Free()}/");
        Assert.Equal(1, code);
        Assert.Contains("did not answer: ", reason, StringComparison.Ordinal);
        Assert.Equal(2, (await Ask("")).ExitCode);

        static async Task<(int ExitCode, string Errors)> Ask(string address)
        {
            var run = await Shell.RunAsync(
                $"dotnet Portico.HealthCheck.dll {address}", AppContext.BaseDirectory, TimeSpan.FromMinutes(1));
            return (run.ExitCode, run.Errors);
        }
    }

    [Fact]
    public void Says_in_every_image_what_it_is()
    {
        foreach (var target in Targets)
        {
            var labels = string.Join(
                ' ',
                Dockerfile.ReadImage(target).Where(instruction => instruction.Verb == "LABEL").Select(label => label.Arguments));
            foreach (var name in (string[])["title", "description", "licenses"])
                Assert.Contains($"org.opencontainers.image.{name}=\"", labels, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Needs_no_shell_in_an_image()
    {
        var instructions = Targets.SelectMany(Dockerfile.ReadImage).ToList();

        Assert.DoesNotContain(instructions, instruction => instruction.Verb == "RUN");
        Assert.All(
            instructions.Where(instruction => instruction.Verb is "ENTRYPOINT" or "CMD" or "HEALTHCHECK"),
            instruction => Assert.Contains("[", instruction.Arguments, StringComparison.Ordinal));
    }

    // No build server may outlive the test.
    private static Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal)
    {
        ["CI"] = "true",
        // The value of the build argument: compiling ahead of time takes minutes and changes nothing that is tested here.
        ["READY_TO_RUN"] = "false",
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_NOLOGO"] = "1",
    };

    private static async Task<ShellRun> Run(string command, string folder)
    {
        var run = await Shell.RunAsync(command, folder, TimeSpan.FromMinutes(30), Environment);
        Assert.True(run.ExitCode == 0, $"{command}\n{run.Output}{run.Errors}");
        return run;
    }

    private static string Program(string target, string context)
    {
        var instructions = Dockerfile.Read().Where(instruction => instruction.Stage == target).ToList();
        var from = instructions.Select(instruction => instruction.Arguments)
            .Single(arguments => arguments.StartsWith("--from=build ", StringComparison.Ordinal)
                && arguments.EndsWith(" ./", StringComparison.Ordinal)).Split(' ')[1];
        Assert.StartsWith("/source/", from, StringComparison.Ordinal);
        var entry = Dockerfile.Exec(instructions.Single(instruction => instruction.Verb == "ENTRYPOINT").Arguments);
        Assert.Equal("dotnet", entry[0]);
        return Path.Combine(context, from["/source/".Length..], entry[1]);
    }

    private static void Copy(string[] arguments, string context)
    {
        var to = Path.Combine(context, arguments[^1]);
        Directory.CreateDirectory(to);
        foreach (var from in arguments[..^1].Select(Repository.File))
        {
            if (File.Exists(from))
                File.Copy(from, Path.Combine(to, Path.GetFileName(from)));
            else
                CopyFolder(from, to);
        }
    }

    // Without what .dockerignore leaves out.
    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        foreach (var folder in Directory.GetDirectories(from)
                     .Where(folder => Path.GetFileName(folder) is not ("bin" or "obj" or "dist" or "node_modules")))
            CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
