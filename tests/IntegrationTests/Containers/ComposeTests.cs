using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Portico.Infrastructure;
using Portico.Infrastructure.Configuration;
using Portico.Testing;

namespace Portico.IntegrationTests.Containers;

/// <summary>The compose file and what it mounts, as far as they can be tried without an engine.</summary>
public sealed partial class ComposeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Is_accepted_by_compose()
    {
        var run = await Shell.RunAsync(
            "docker-compose --profile demo config --quiet && docker-compose --profile demo config --services | sort | xargs",
            Repository.Root,
            Patience);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(
            "alertmanager catalogue demo demo-orders demo-payments grafana jaeger mailpit migrator nats orders postgres prometheus redis "
                + "secrets seeder server streams\n",
            run.Output);
    }

    [Fact]
    public async Task Adds_what_watches_the_programs_by_a_profile_and_sends_them_there()
    {
        var run = await Shell.RunAsync(
            "docker-compose --env-file deploy/compose/observability.env --profile observability config", Repository.Root, Patience);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(5, Regex.Count(run.Output, "^    - observability$", RegexOptions.Multiline, Patience));
        Assert.Equal(2, Regex.Count(run.Output, "Telemetry__OtlpEndpoint: http://jaeger:4318", RegexOptions.None, Patience));
        Assert.Contains("Mail__Mailbox: ''", run.Output, StringComparison.Ordinal);
        Assert.Contains("Mail__Smtp__Host: mailpit", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pins_every_image_to_a_version_and_sets_no_password()
    {
        var file = File.ReadAllText(Repository.File("docker-compose.yml"));
        var images = Image().Matches(file)
            .Select(image => image.Groups["name"].Value)
            .Where(name => !name.StartsWith("portico/", StringComparison.Ordinal));

        Assert.All(images, image => Assert.Matches(@":v?\d+(\.\d+)*(-[a-z]+)?$", image));
        Assert.DoesNotMatch(@"(?i)(password|secret)\w*: (?!/run/secrets/)\S", file);
    }

    [Fact]
    public void Explains_every_variable_that_it_reads()
    {
        var used = Names(Variable(), "docker-compose.yml").Distinct(StringComparer.Ordinal);
        var explained = Names(Assignment(), ".env.example");

        Assert.Equal(explained.Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
        Assert.Empty(Names(Assignment(), "deploy/compose/observability.env").Except(explained, StringComparer.Ordinal));
    }

    [Fact]
    public void Publishes_ports_on_the_loopback_only()
    {
        var ports =
            Port().Matches(File.ReadAllText(Repository.File("docker-compose.yml"))).Select(port => port.Groups["port"].Value).ToArray();

        Assert.Equal(7, ports.Length);
        Assert.All(ports, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_settings_of_postgres_that_exist()
    {
        var names = PostgresSetting().Matches(
            File.ReadAllText(Repository.File("docker-compose.yml"))).Select(setting => setting.Groups["name"].Value).ToArray();
        Assert.True(names.Length >= 10);
        Assert.Equal(names, await KnownToPostgres(names));
    }

    [Fact]
    public async Task Configures_a_server_that_nats_accepts()
    {
        var run = await Shell.RunAsync($"nats-server -t -c {Repository.File("deploy/compose/nats.conf")}", Repository.Root, Patience);
        Assert.True(run.ExitCode == 0, run.Errors);
    }

    [Fact]
    public async Task Makes_secrets_once_that_the_programs_accept()
    {
        var folder = Directory.CreateTempSubdirectory("portico-secrets-");
        try
        {
            var made = await MakeSecrets(folder.FullName);
            Assert.Equal(15, made.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
            var before = Contents(folder);
            Assert.Equal("", (await MakeSecrets(folder.FullName)).Output);
            Assert.Equal(before, Contents(folder));

            var server = Path.Combine(folder.FullName, "server");
            using var services = Services(server);
            services.GetRequiredService<IStartupValidator>().Validate();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Gives_each_program_no_more_secrets_than_it_needs()
    {
        var folder = Directory.CreateTempSubdirectory("portico-secrets-");
        try
        {
            await MakeSecrets(folder.FullName);

            Assert.Equal(["password"], Names(folder, "postgres"));
            Assert.Equal(["admin-password"], Names(folder, "grafana"));
            Assert.Equal(
                [
                    "ConnectionStrings__Bootstrap",
                    "ConnectionStrings__Migrator",
                    "ConnectionStrings__Orders",
                    "ConnectionStrings__OrdersMigrator",
                    "ConnectionStrings__Portico",
                    "Tokens__SealingKey",
                ],
                Names(folder, "migrator"));
            Assert.Equal(["ConnectionStrings__Orders"], Names(folder, "orders"));
            Assert.Equal(["ConnectionStrings__Orders", "ConnectionStrings__Portico"], Names(folder, "demo"));
            Assert.Equal(["ConnectionStrings__Portico", "Otp__Key", "Sessions__Key", "Tokens__SealingKey"], Names(folder, "server"));
            var modes = await Shell.RunAsync("find . -type f -printf '%m\n' | sort -u", folder.FullName, Patience);
            Assert.Equal("600\n", modes.Output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<ShellRun> MakeSecrets(string folder)
    {
        var run = await Shell.RunAsync($"{Repository.File("deploy/compose/make-secrets.sh")} {folder}", Repository.Root, Patience);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        return run;
    }

    private static string[] Contents(DirectoryInfo folder) =>
        [.. folder.GetFiles("*", SearchOption.AllDirectories)
            .Select(file => file.FullName).Order(StringComparer.Ordinal).Select(File.ReadAllText)];

    private static string[] Names(Regex pattern, string file) =>
        [.. pattern.Matches(File.ReadAllText(Repository.File(file))).Select(match => match.Groups["name"].Value)];

    private static string[] Names(DirectoryInfo folder, string part) =>
        [.. new DirectoryInfo(Path.Combine(folder.FullName, part)).GetFiles().Select(file => file.Name).Order(StringComparer.Ordinal)];

    private static ServiceProvider Services(string secrets)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                [SecretFiles.FolderKey] = secrets,
                ["Redis:ConnectionString"] = "redis:6379",
                ["Nats:Url"] = "nats://nats:4222",
                ["Tokens:Issuer"] = "http://localhost:5080",
                ["Mail:Mailbox"] = "/var/lib/portico/mailbox",
            })
            .AddSecretFiles()
            .Build();
        return new ServiceCollection().AddLogging().AddInfrastructure(configuration).BuildServiceProvider();
    }

    private static async Task<List<string>> KnownToPostgres(string[] names)
    {
        var stack = await SharedStack.GetAsync();
        await using var source = NpgsqlDataSource.Create(stack.Postgres.ConnectionString);
        await using var command = source.CreateCommand(
            """
            SELECT wanted.name FROM unnest($1) WITH ORDINALITY AS wanted (name, place)
            JOIN pg_settings USING (name) ORDER BY wanted.place
            """);
        command.Parameters.Add(new() { Value = names });
        await using var reader = await command.ExecuteReaderAsync();
        var known = new List<string>();
        while (await reader.ReadAsync())
            known.Add(reader.GetString(0));
        return known;
    }

    [GeneratedRegex(
        @"(?<=^    ports:\n(      - .*\n)*)      - ""(?<port>.*)""$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Port();

    [GeneratedRegex(@"^    image: (?<name>\S+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Image();

    [GeneratedRegex(@"\$\{(?<name>\w+):?-", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"^(?<name>[A-Z_]+)=", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"^\s+- (?<name>[a-z_]+)=", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PostgresSetting();
}
