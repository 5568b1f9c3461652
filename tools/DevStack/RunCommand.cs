using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace Portico.DevStack;

/// <summary>Runs all of Portico for development: servers, migrations, demo data, the orders service and the web API.</summary>
internal sealed class RunCommand(RunFolder folder, bool isVerbose, CancellationToken stop)
{
    private const int ApiPort = 5080;
    private const int ManagementPort = 5081;
    private const int OrdersPort = 5090;
    private const int OrdersManagementPort = 5091;
    private const int PostgresPort = 5432;
    private const int RedisPort = 6379;
    private const int NatsPort = 4222;
    private const string Database = "portico";
    private const string OrdersDatabase = "orders";

    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ReadyInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ApiGrace = TimeSpan.FromSeconds(45);

    // The usual addresses of frontend development servers.
    private static readonly string[] Origins = ["http://localhost:3000", "http://localhost:4200", "http://localhost:5173"];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <returns>The exit code of the API when it ended by itself and is not started again.</returns>
    /// <exception cref="OperationCanceledException">A signal ended the run.</exception>
    public async Task<int> RunAsync()
    {
        Directory.CreateDirectory(folder.Path);
        await using var running = FileLock.TryTake(folder.Lock) ?? throw new LocalStackException(
            "./dev run is already running in this checkout (see .dev/urls.json); ./dev down stops it.");
        PidFile.Write(folder.PidFile("run"), Environment.ProcessId);
        File.Delete(folder.Urls);
        try
        {
            return await ServeAsync();
        }
        finally
        {
            File.Delete(folder.Urls);
            foreach (var name in RunFolder.Processes)
                File.Delete(folder.PidFile(name));
        }
    }

    private async Task<int> ServeAsync()
    {
        var secrets = await Secrets.EnsureAsync(folder.Keys, stop);
        Directory.CreateDirectory(folder.Mailbox, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        Console.WriteLine("Starting PostgreSQL, Redis and NATS …");
        await using var stack = await LocalStack.StartAsync(
            new LocalStackOptions
            {
                DataFolder = folder.Path,
                Durable = true,
                PostgresPort = PostgresPort,
                RedisPort = RedisPort,
                NatsPort = NatsPort,
            },
            stop);
        foreach (var note in stack.Notes)
            Console.WriteLine(note);

        // The API starts a minute later: another checkout that starts meanwhile would choose the same ports, and take this API for its own.
        using var ports = new ReservedPorts(ApiPort, ManagementPort, OrdersPort, OrdersManagementPort);
        string[] addresses = [.. ports.Chosen.Select(port => $"http://127.0.0.1:{port}")];
        var (api, management, orders, ordersManagement) = (addresses[0], addresses[1], addresses[2], addresses[3]);
        var settings = Settings(stack, secrets, api);
        var ordersConnection = Connection(stack, OrdersDatabase, "orders_app", secrets.OrdersAppPassword!);

        Console.WriteLine("Migrating …");
        await CompleteAsync("Migrator", ["up"], new(settings, StringComparer.Ordinal)
        {
            ["ConnectionStrings__Bootstrap"] = stack.Postgres.ConnectionString,
            ["ConnectionStrings__Migrator"] = Connection(stack, Database, "portico_migrator", secrets.MigratorPassword),
            ["ConnectionStrings__OrdersMigrator"] =
                Connection(stack, OrdersDatabase, "orders_migrator", secrets.OrdersMigratorPassword!),
            ["ConnectionStrings__Orders"] = ordersConnection,
        });
        await CompleteAsync("Migrator", ["streams", "up"], settings);
        Console.WriteLine("Seeding …");
        await CompleteAsync("Seeder", ["reference"], settings);
        await SeedDemoAsync(settings);
        var both = new Dictionary<string, string>(settings, StringComparer.Ordinal) { ["ConnectionStrings__Orders"] = ordersConnection };
        await CompleteAsync("Seeder", ["catalogue"], both);
        await CompleteAsync("Seeder", ["orders"], both);
        await CompleteAsync("Seeder", ["payments"], settings);

        Console.WriteLine("Starting the API …");
        foreach (var (name, value) in RuntimeVariables.OfServer)
            settings[name] = value;
        settings["ASPNETCORE_URLS"] = api;
        settings["Management__Url"] = management;
        settings["Orders__Url"] = orders;
        // There is no load balancer that must notice the shutdown.
        settings["Shutdown__DrainDelay"] = "00:00:00";
        var server = new RestartedProcess(
            "The API",
            Program("WebApi", [], settings) with { Grace = ApiGrace },
            folder.PidFile("api"),
            ended => WaitUntilReadyAsync(api, ended),
            Console.Error);
        var ordersServer = new RestartedProcess(
            "The orders service",
            Program("Orders", [], OrdersSettings(ordersConnection, api, orders, ordersManagement)) with { Grace = ApiGrace },
            folder.PidFile("orders"),
            ended => WaitUntilReadyAsync(ordersManagement, ended),
            Console.Error);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await using var stopping = stop.Register(() => Console.WriteLine("Stopping …"));
        using var ordersEnding = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var ordersReady = new TaskCompletionSource();
        ports.Dispose();
        // The API serves without it; its end is reported.
        var ordersRun = RunOrdersAsync(ordersServer, ordersReady, ordersEnding.Token);
        try
        {
            var exitCode = await server.RunAsync(
                async () =>
                {
                    await ordersReady.Task;
                    await LoadFirstPageAsync(api);
                    await WriteUrlsAsync(stack, api, management, orders, ordersManagement);
                    await PrintSummaryAsync(stack, api, management, orders);
                    foreach (var dependency in stack.Servers)
                        _ = ReportEndAsync(dependency, ending.Token);
                },
                stop);
            return exitCode == 0 ? 1 : exitCode;
        }
        finally
        {
            await ending.CancelAsync();
            await ordersEnding.CancelAsync();
            await ordersRun;
        }
    }

    /// <summary>Runs the orders service until it is given up or cancelled.</summary>
    private static async Task RunOrdersAsync(RestartedProcess server, TaskCompletionSource ready, CancellationToken cancellationToken)
    {
        try
        {
            await server.RunAsync(
                () =>
                {
                    ready.TrySetResult();
                    return Task.CompletedTask;
                },
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run ends.
        }
        catch (LocalStackException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
        }
        finally
        {
            ready.TrySetResult();
        }
    }

    private static Dictionary<string, string> OrdersSettings(string connection, string issuer, string url, string management) =>
        new(RuntimeVariables.OfServer, StringComparer.Ordinal)
        {
            ["DOTNET_ENVIRONMENT"] = "Development",
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["ConnectionStrings__Orders"] = connection,
            ["Tokens__Issuer"] = issuer,
            ["Listen__Url"] = url,
            ["Listen__ManagementUrl"] = management,
            ["Shutdown__DrainDelay"] = "00:00:00",
        };

    private Dictionary<string, string> Settings(LocalStack stack, Secrets secrets, string api)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["DOTNET_ENVIRONMENT"] = "Development",
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["ConnectionStrings__Portico"] = Connection(stack, Database, "portico_app", secrets.AppPassword),
            ["Redis__ConnectionString"] = stack.Redis.ConnectionString,
            ["Nats__Url"] = stack.Nats.ConnectionString,
            ["Tokens__Issuer"] = api,
            ["Tokens__SealingKey"] = secrets.SealingKey,
            ["Sessions__Key"] = secrets.SessionsKey,
            ["Otp__Key"] = secrets.OtpKey,
            ["Mail__Mailbox"] = folder.Mailbox,
        };
        if (folder.Console is { } console)
            settings["Pages__ConsoleFolder"] = console;
        if (folder.Landing is { } landing)
            settings["Pages__LandingFolder"] = landing;
        for (var i = 0; i < Origins.Length; i++)
            settings[$"Cors__Origins__{i}"] = Origins[i];
        return settings;
    }

    private static string Connection(LocalStack stack, string database, string role, string password) =>
        new NpgsqlConnectionStringBuilder(stack.Postgres.ConnectionString) { Database = database, Username = role, Password = password }
            .ConnectionString;

    /// <summary>Seeds the demo data; stores the passwords of the first run, because they are shown only once.</summary>
    private async Task SeedDemoAsync(Dictionary<string, string> settings)
    {
        File.Delete(folder.NewDemo);
        string[] reset = File.Exists(folder.Demo) ? [] : ["--reset-passwords"];
        await CompleteAsync("Seeder", ["demo", "--users", "20", "--credentials-file", folder.NewDemo, .. reset], settings);
        if (!File.Exists(folder.NewDemo))
            return;

        var made = await ReadSignInsAsync(folder.NewDemo);
        var kept = File.Exists(folder.Demo) ? await ReadSignInsAsync(folder.Demo) : [];
        var all = kept.Where(old => !made.Exists(signIn => signIn.Email == old.Email)).Concat(made);
        await PrivateFile.WriteAsync(folder.Demo, JsonSerializer.Serialize(all, Json), stop);
        File.Delete(folder.NewDemo);
    }

    private async Task<List<SignIn>> ReadSignInsAsync(string file) =>
        JsonSerializer.Deserialize<List<SignIn>>(await File.ReadAllTextAsync(file, stop), Json) ?? [];

    private GuardedCommand Program(string name, IReadOnlyList<string> arguments, Dictionary<string, string> settings)
    {
        var program = folder.Program(name);
        return new GuardedCommand(
            Environment.ProcessPath!,
            [program, .. arguments])
        { Environment = settings, WorkingDirectory = Path.GetDirectoryName(program)! };
    }

    /// <summary>Runs a program to its end; throws with the end of its log when it fails.</summary>
    private async Task CompleteAsync(string name, string[] arguments, Dictionary<string, string> settings)
    {
        var log = folder.LogFile(name.ToLowerInvariant());
        File.Delete(log);
        var command = Program(name, arguments, settings) with { LogFile = isVerbose ? null : log };
        var exitCode = await GuardedProcess.RunAsync(command, stop);
        if (exitCode != 0)
            throw new LocalStackException($"{name} {arguments[0]} ended with {exitCode}.{(isVerbose ? "" : LogTail.Of(log))}");
    }

    private static async Task WaitUntilReadyAsync(string api, CancellationToken ended)
    {
        using var client = new HttpClient { BaseAddress = new Uri(api), Timeout = TimeSpan.FromSeconds(10) };
        var clock = Stopwatch.StartNew();
        var answer = "nothing";
        while (clock.Elapsed < ReadyTimeout)
        {
            try
            {
                using var response = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), ended);
                if (response.StatusCode == HttpStatusCode.OK)
                    return;
                answer = $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(ended)}";
            }
            catch (Exception e) when (!ended.IsCancellationRequested && e is HttpRequestException or TaskCanceledException)
            {
                answer = e.Message;
            }

            await Task.Delay(ReadyInterval, ended);
        }

        throw new LocalStackException($"{api}/health/ready is not ready after {ReadyTimeout.TotalSeconds:0} s; it answers {answer}");
    }

    /// <summary>
    /// Reads the page of a demo user once: without compilation ahead of time the first page takes longer than its parts may.
    /// </summary>
    private async Task LoadFirstPageAsync(string api)
    {
        if ((await ReadSignInsAsync(folder.Demo)).Find(known => known.Role == "user") is not { } user)
            return;
        using var client = new HttpClient { BaseAddress = new Uri(api), Timeout = TimeSpan.FromSeconds(10) };
        try
        {
            using var signedIn = await client.PostAsJsonAsync("/api/v1/auth/login", new { user.Email, user.Password }, stop);
            // The user may have another password by now.
            if (!signedIn.IsSuccessStatusCode)
                return;
            var tokens = await signedIn.Content.ReadFromJsonAsync<JsonElement>(stop);
            client.DefaultRequestHeaders.Authorization = new("Bearer", tokens.GetProperty("accessToken").GetString());
            using var page = await client.GetAsync(new Uri("/api/v1/dashboard", UriKind.Relative), stop);
            using var signedOut = await client.PostAsync(new Uri("/api/v1/auth/logout", UriKind.Relative), content: null, stop);
        }
        catch (Exception e) when (!stop.IsCancellationRequested && e is HttpRequestException or TaskCanceledException)
        {
            // Then the first page of a person is the slow one.
        }
    }

    private Task WriteUrlsAsync(
        LocalStack stack, string api, string management, string orders, string ordersManagement) => PrivateFile.WriteAsync(
        folder.Urls,
        JsonSerializer.Serialize(
            new
            {
                api,
                management,
                orders,
                ordersManagement,
                postgres = new NpgsqlConnectionStringBuilder(stack.Postgres.ConnectionString) { Database = Database }.ConnectionString,
                redis = stack.Redis.ConnectionString,
                nats = stack.Nats.ConnectionString,
                mailbox = folder.Mailbox,
            },
            Json),
        stop);

    private async Task PrintSummaryAsync(LocalStack stack, string api, string management, string orders)
    {
        var signIns = File.Exists(folder.Demo) ? await ReadSignInsAsync(folder.Demo) : [];
        Console.WriteLine(
            $"""

            Portico is running.

              API          {api}
              Swagger UI   {api}/swagger
              Console      {api}/console/ (for operators)
              Landing      {api}/landing/ (for guests)
              Metrics      {management}/metrics
              Orders       {orders} (gRPC)
              PostgreSQL   127.0.0.1:{stack.Postgres.Port}
              Redis        127.0.0.1:{stack.Redis.Port}
              NATS         127.0.0.1:{stack.Nats.Port}
              Mailbox      {folder.Mailbox} (codes arrive here)

            Sign in as
            {string.Join('\n', signIns.Select(signIn => $"  {signIn.Role,-12} {signIn.Email,-28} {signIn.Password}"))}

            For programs: .dev/urls.json and .dev/demo.json. Ctrl-C stops everything.

            """);
    }

    private static async Task ReportEndAsync(LocalServer server, CancellationToken ended)
    {
        var exitCode = await server.WaitForExitAsync(CancellationToken.None);
        if (!ended.IsCancellationRequested)
            await Console.Error.WriteLineAsync(
                $"{server.Name} ended with {exitCode}; see {server.LogFile}. Press Ctrl-C and start ./dev run again.");
    }

    private sealed record SignIn(string Role, string Email, string Password);
}
