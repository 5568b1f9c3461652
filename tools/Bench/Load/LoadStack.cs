using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portico.Application.Auth;
using Portico.Bench.Dashboard;
using Portico.DevStack;
using Portico.Domain.Users;
using Portico.Infrastructure;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Passwords;
using Portico.Infrastructure.Postgres;
using Portico.Migrator;
using Portico.Seeder;

namespace Portico.Bench.Load;

/// <summary>Somebody who can sign in.</summary>
internal sealed record LoadPerson(Guid Id, string Email, string Password);

/// <summary>The tokens of somebody who has signed in.</summary>
internal sealed record LoadTokens(string AccessToken, string RefreshToken);

/// <summary>Servers of its own for one scenario, PostgreSQL with the settings of docker-compose.yml, migrated and seeded.</summary>
internal sealed class LoadStack : IAsyncDisposable
{
    /// <summary>The processes whose processor time is measured apart.</summary>
    public static readonly string[] Parts = ["API", "PostgreSQL", "Redis", "NATS", "generator"];

    /// <summary>The least memory of a password hash that is allowed.</summary>
    public const int LeastMemoryKiB = 8;

    /// <summary>The program of the API.</summary>
    public const string Program = "Portico.WebApi.dll";

    private const string Database = "portico";
    private const int PeopleAtOnce = 1000;
    private const int SignInsAtOnce = 4;

    // A process that has just started may not answer in time on a busy machine.
    private const int MaxSignIns = 20;

    private readonly LocalStack _servers;
    private readonly Dictionary<string, string> _settings;
    private readonly ApiVariant _variant;

    private LoadStack(LocalStack servers, ApiVariant variant)
    {
        _servers = servers;
        _variant = variant;
        _settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ConnectionStrings__Portico"] = Connection("portico_app"),
            ["Redis__ConnectionString"] = servers.Redis.ConnectionString,
            ["Nats__Url"] = servers.Nats.ConnectionString,
            ["Sessions__Key"] = NewKey(),
            ["Otp__Key"] = NewKey(),
            ["Tokens__SealingKey"] = NewKey(),
            ["Mail__Mailbox"] = Path.Combine(servers.Folder, "mailbox"),
            // Signing in is mostly the way to a token here; what a hash costs is known.
            ["Passwords__Argon2MemoryKiB"] = $"{LeastMemoryKiB}",
            // All people share one address here, and a few of them make all requests.
            ["Limits__UserRequestsPerMinute"] = "1000000000",
            ["Limits__ClientRequestsPerMinute"] = "1000000000",
            ["SignIn__MaxPerClient"] = "1000000",
            ["SignIn__ChallengeClientAfter"] = "1000000",
            // A full stream takes no event, and a load without its events is lighter.
            ["Events__MaxBytes"] = $"{32L * 1024 * 1024 * 1024}",
            ["Management__Url"] = "http://127.0.0.1:0",
            ["Shutdown__DrainDelay"] = "00:00:00",
        };
    }

    public string Folder => _servers.Folder;

    /// <summary>PostgreSQL as its superuser, in the database of Portico.</summary>
    public string Superuser =>
        new NpgsqlConnectionStringBuilder(_servers.Postgres.ConnectionString) { Database = Database }.ConnectionString;

    public LocalStack Servers => _servers;

    /// <param name="options">Their first variant is how the API is started where nothing else is said.</param>
    /// <param name="cancellationToken">Ends what has begun.</param>
    public static async Task<LoadStack> StartAsync(LoadOptions options, CancellationToken cancellationToken)
    {
        if (options.Variants.Any(variant => variant.IsPublished))
            await PublishedApi.BuildAsync(cancellationToken);
        Console.WriteLine("Starting PostgreSQL, Redis and NATS …");
        var servers = await LocalStack.StartAsync(
            new LocalStackOptions { Durable = true, PostgresSettings = ComposeFile.ReadPostgresSettings() }, cancellationToken);
        try
        {
            var stack = new LoadStack(servers, options.Variants[0]);
            var settings = stack.Configuration(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["ConnectionStrings__Bootstrap"] = servers.Postgres.ConnectionString,
                ["ConnectionStrings__Migrator"] = stack.Connection("portico_migrator"),
            });
            Console.WriteLine("Migrating and seeding …");
            await SucceedAsync("Migrator", output => MigratorApp.RunAsync(["up"], settings, output, output, cancellationToken));
            await SucceedAsync("Migrator", output => MigratorApp.RunAsync(["streams", "up"], settings, output, output, cancellationToken));
            await SucceedAsync("Seeder", output => SeederApp.RunAsync(["reference"], settings, output, output, cancellationToken));
            await stack.FillLogAsync(cancellationToken);
            return stack;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the web API as it runs in production, one line of log a request included.</summary>
    /// <param name="settings">What differs, named as environment variables.</param>
    /// <param name="cancellationToken">Ends what has begun.</param>
    /// <param name="variant">How it is started; null for the first one that was asked for.</param>
    /// <param name="mode">The argument with which this program runs an API of its own; null for the API itself.</param>
    public Task<ApiProcess> StartApiAsync(
        IEnumerable<KeyValuePair<string, string>> settings, CancellationToken cancellationToken, ApiVariant? variant = null,
        string? mode = null)
    {
        variant ??= _variant;
        var address = $"http://127.0.0.1:{Ports.Free()}";
        var all = new Dictionary<string, string>(_settings, StringComparer.Ordinal)
        {
            ["ASPNETCORE_URLS"] = address,
            ["Tokens__Issuer"] = address,
            // This program may have it on for its own sockets.
            [SlowService.InlineCompletions] = "0",
        };
        foreach (var (name, value) in RuntimeVariables.OfServer.Concat(settings).Concat(variant.Environment))
            all[name] = value;
        return ApiProcess.StartAsync(
            mode is not null
                ?
                [
                    // With the settings of the runtime that the API itself has.
                    "exec", "--runtimeconfig", Path.Combine(AppContext.BaseDirectory, "Portico.WebApi.runtimeconfig.json"),
                    Path.Combine(AppContext.BaseDirectory, "Portico.Bench.dll"), mode,
                ]
                : [Path.Combine(variant.Folder ?? AppContext.BaseDirectory, Program)],
            all,
            new Uri(address),
            Path.Combine(Folder, $"api-{Guid.NewGuid():N}.log"),
            cancellationToken);
    }

    /// <summary>Makes people who can sign in, all with one password and its one hash.</summary>
    /// <param name="count">How many.</param>
    /// <param name="role">Their rank.</param>
    /// <param name="cancellationToken">Ends what has begun.</param>
    /// <param name="memoryKiB">Memory of the hash: that of the API that they sign in at, or it replaces the hash.</param>
    public async Task<IReadOnlyList<LoadPerson>> AddPeopleAsync(
        int count, Role role, CancellationToken cancellationToken, int memoryKiB = LeastMemoryKiB)
    {
        var configuration = Configuration(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["Passwords__Argon2MemoryKiB"] = $"{memoryKiB}" });
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(TimeProvider.System)
            .AddPersistence(configuration)
            .AddPasswords(configuration)
            .AddSystemCaller()
            .BuildServiceProvider();
        var password = $"correct horse {Guid.NewGuid():N}";
        var hash = await services.GetRequiredService<IPasswordHashing>().Hash(password, cancellationToken);

        List<LoadPerson> people = [];
        while (people.Count < count)
        {
            await using var scope = services.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<AppDbContext>();
            foreach (var _ in Enumerable.Range(0, int.Min(PeopleAtOnce, count - people.Count)))
            {
                var person = new LoadPerson(Guid.Empty, $"p{Guid.NewGuid():N}@example.org", password);
                if (!ContactAddress.TryParseEmail(person.Email, out var address))
                    throw new LoadException($"{person.Email} is no address.");
                var user = User.Register(address, "Ada Lovelace", "en", TimeProvider.System.GetUtcNow());
                user.AssignRole(role);
                db.Users.Add(user);
                db.Set<Credential>().Add(new Credential
                {
                    Id = user.Id,
                    UserName = $"{user.Id}",
                    NormalizedUserName = $"{user.Id}".ToUpperInvariant(),
                    SecurityStamp = $"{Guid.NewGuid():N}",
                    PasswordHash = hash,
                });
                people.Add(person with { Id = user.Id });
            }

            await db.SaveChangesAsync(cancellationToken);
        }

        return people;
    }

    /// <summary>Signs people in by the API itself, in their order.</summary>
    public static async Task<IReadOnlyList<LoadTokens>> SignInAsync(
        ApiProcess api, IReadOnlyList<LoadPerson> people, CancellationToken cancellationToken)
    {
        var tokens = new LoadTokens[people.Count];
        await Parallel.ForAsync(
            0, people.Count, new ParallelOptions { MaxDegreeOfParallelism = SignInsAtOnce, CancellationToken = cancellationToken },
            async (i, token) =>
        {
            for (var tries = 1; tokens[i] is null; tries++)
            {
                using var answer = await api.Client.PostAsJsonAsync(
                    "/api/v1/auth/login", new { people[i].Email, people[i].Password }, token);
                if (answer.IsSuccessStatusCode)
                    tokens[i] = (await answer.Content.ReadFromJsonAsync<LoadTokens>(JsonSerializerOptions.Web, token))!;
                else if (answer.StatusCode != HttpStatusCode.ServiceUnavailable || tries == MaxSignIns)
                    throw new LoadException($"Signing in answers {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(token)}");
            }
        });
        return tokens;
    }

    /// <summary>Loads one API with one client a connection and adds the line to the report, when the options want this load.</summary>
    public async Task<IReadOnlyList<LoadRound>> MeasureAsync(
        LoadReport report, string what, ApiProcess api, IReadOnlyList<ILoadClient> clients, LoadOptions options,
        CancellationToken cancellationToken)
    {
        if (!options.Wants(what))
            return [];
        var rounds = await ClosedLoop.RunAsync(api.Address, clients, options, () => Processor(api), cancellationToken);
        Report(report, what, clients.Count, options, rounds);
        return rounds;
    }

    /// <summary>Adds the lines of a load to the report.</summary>
    public static void Report(LoadReport report, string what, int connections, LoadOptions options, IReadOnlyList<LoadRound> rounds)
    {
        if (options.Windows.Count == 0)
            report.Add(what, connections, rounds);
        foreach (var (after, round) in options.Windows.Zip(rounds))
            report.Add($"{what}, after {after} s", connections, [round]);
    }

    public ValueTask DisposeAsync() => _servers.DisposeAsync();

    /// <summary>The processor time that PostgreSQL has used so far.</summary>
    public TimeSpan PostgresProcessor() => ProcessorTime.Of(_servers.Postgres.ProcessId);

    /// <summary>The processor time that each part has used so far.</summary>
    public Dictionary<string, TimeSpan> Processor(ApiProcess api) => Processor([this], [api]);

    /// <summary>The processor time that each part of several stacks has used so far.</summary>
    public static Dictionary<string, TimeSpan> Processor(IEnumerable<LoadStack> stacks, IEnumerable<ApiProcess> apis)
    {
        LocalStack[] servers = [.. stacks.Distinct().Select(stack => stack._servers)];
        return Parts.Zip(
                [
                    Sum(apis.Distinct().Select(api => api.ProcessId)), Sum(servers.Select(server => server.Postgres.ProcessId)),
                    Sum(servers.Select(server => server.Redis.ProcessId)), Sum(servers.Select(server => server.Nats.ProcessId)),
                    ProcessorTime.OfGenerator(),
                ])
            .ToDictionary(part => part.First, part => part.Second, StringComparer.Ordinal);

        static TimeSpan Sum(IEnumerable<int> processes) =>
            processes.Aggregate(TimeSpan.Zero, (sum, process) => sum + ProcessorTime.Of(process));
    }

    /// <summary>Gives PostgreSQL the files of its log that a database in use has, and reuses.</summary>
    /// <remarks>A new database makes and flushes a file of 16 MiB whenever one is full, while all commits wait.</remarks>
    private async Task FillLogAsync(CancellationToken cancellationToken)
    {
        await using var database = NpgsqlDataSource.Create(Superuser);
        await database.ExecuteAsync(
            """
            DO $$ BEGIN
                FOR file IN 1 .. pg_size_bytes(current_setting('min_wal_size')) / pg_size_bytes(current_setting('wal_segment_size')) LOOP
                    PERFORM pg_logical_emit_message(false, 'bench', '');
                    PERFORM pg_switch_wal();
                END LOOP;
            END $$
            """,
            cancellationToken);
        await database.ExecuteAsync("CHECKPOINT", cancellationToken);
    }

    private IConfigurationRoot Configuration(Dictionary<string, string> more) => new ConfigurationBuilder()
        .AddInMemoryCollection(
            _settings.Where(setting => !more.ContainsKey(setting.Key))
                .Concat(more)
                .Select(setting => KeyValuePair.Create(setting.Key.Replace("__", ":", StringComparison.Ordinal), (string?)setting.Value)))
        .Build();

    private string Connection(string role) =>
        new NpgsqlConnectionStringBuilder(Superuser) { Username = role, Password = role }.ConnectionString;

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private static async Task SucceedAsync(string program, Func<TextWriter, Task<int>> run)
    {
        await using var output = new StringWriter();
        if (await run(output) != 0)
            throw new LoadException($"{program} failed: {output}");
    }
}
