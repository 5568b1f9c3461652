extern alias orders;

using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;
using Npgsql;
using Portico.DevStack;
using Portico.IntegrationTests.AccessTokens;
using Portico.Orders.V1;
using Portico.Testing;
using OrdersHost = orders::Portico.Orders.OrdersHost;

namespace Portico.IntegrationTests.Orders;

/// <summary>What holds for every call: tokens, deadlines, sizes, health and the end of the service.</summary>
public sealed class CallTests : IAsyncLifetime
{
    private OrdersApp _app = null!;

    public async Task InitializeAsync() => _app = await OrdersApp.SharedAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Refuses_a_call_without_a_valid_token()
    {
        var person = await _app.Issuer.SignUpAsync();
        var parts = person.AccessToken.Split('.');
        Dictionary<string, string?> tokens = new(StringComparer.Ordinal)
        {
            ["none"] = null,
            ["malformed"] = "x",
            ["changed"] = $"{parts[0]}.{parts[1]}.{(parts[2][0] == 'A' ? 'B' : 'A')}{parts[2][1..]}",
            ["expired"] = _app.Token(person.Id, "portico", ["user"], [], TimeSpan.FromMinutes(-2)),
            ["other audience"] = _app.Token(person.Id, "other", ["user"], []),
            ["refresh token"] = person.RefreshToken,
        };

        foreach (var (name, token) in tokens)
        {
            var refusal = await OrderCalls.RefusedAsync(
                StatusCode.Unauthenticated, "INVALID_TOKEN", _app.Client(token).ListOrdersAsync(new ListOrdersRequest()));
            Assert.False(refusal.Message.Contains("IDX", StringComparison.Ordinal), name);
        }

        await OrderCalls.RefusedAsync(
            StatusCode.PermissionDenied,
            "FORBIDDEN",
            _app.Client(_app.Token(person.Id, "portico", [], [])).ListOrdersAsync(new ListOrdersRequest()));
    }

    [Fact]
    public async Task Says_unavailable_while_the_keys_of_the_issuer_can_t_be_read()
    {
        await using var app = await OrdersApp.StartAsync(
            _app.Issuer,
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["Tokens:InternalIssuer"] = $"http://127.0.0.1:{Ports.Free()}" });
        var person = await _app.Issuer.SignUpAsync();

        await OrderCalls.RefusedAsync(
            StatusCode.Unavailable, "SERVICE_UNAVAILABLE", app.Client(person.AccessToken).ListOrdersAsync(new ListOrdersRequest()));
    }

    [Fact]
    public async Task Reads_the_keys_at_an_internal_address_of_the_issuer()
    {
        var person = await _app.Issuer.SignUpAsync();
        await using var app = await OrdersApp.StartAsync(
            _app.Issuer,
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Tokens:Issuer"] = "https://portico.invalid",
                ["Tokens:InternalIssuer"] = _app.Issuer.Settings["Tokens:Issuer"],
            });

        // The discovery document names the other issuer, whose keys are read, and whose tokens are refused.
        await OrderCalls.RefusedAsync(
            StatusCode.Unauthenticated, "INVALID_TOKEN", app.Client(person.AccessToken).ListOrdersAsync(new ListOrdersRequest()));
        Assert.NotNull(await app.Client(app.Token(person.Id, "portico", ["user"], [])).ListOrdersAsync(new ListOrdersRequest()));
    }

    [Fact]
    public async Task Gives_up_at_the_deadline_and_a_call_without_one_gets_the_default()
    {
        await using var app = await OrdersApp.StartAsync(
            _app.Issuer, new Dictionary<string, string?>(StringComparer.Ordinal) { ["Calls:DefaultDeadline"] = "00:00:00.5" });
        var person = await app.Issuer.SignUpAsync();
        var client = app.Client(person.AccessToken);
        await client.ListOrdersAsync(new ListOrdersRequest());
        await using var database = NpgsqlDataSource.Create(app.ConnectionString);
        await using (var connection = await database.OpenConnectionAsync())
        await using (await connection.BeginTransactionAsync())
        {
            // Holds the owner's row, so that the call has to wait.
            await using var hold = new NpgsqlCommand("INSERT INTO order_owners VALUES ($1, 0, 0, 0)", connection)
            {
                Parameters = { new NpgsqlParameter<Guid> { TypedValue = person.Id } },
            };
            await hold.ExecuteNonQueryAsync();

            await OrderCalls.RefusedAsync(
                StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", client.PlaceOrderAsync(OrderCalls.OneMug()));
            var early = await Assert.ThrowsAsync<RpcException>(
                () => client.PlaceOrderAsync(OrderCalls.OneMug(), deadline: DateTime.UtcNow.AddMilliseconds(100)).ResponseAsync);
            Assert.Equal(StatusCode.DeadlineExceeded, early.StatusCode);

            // The caller's clock ends first: the row stays held until the service has given up too.
            await using var waiting = database.CreateCommand(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')");
            await Eventually.Holds(async () => !(bool)(await waiting.ExecuteScalarAsync())!, "the service gives up both calls");
        }

        // Nothing is left of the orders that waited.
        Assert.Empty((await client.ListOrdersAsync(new ListOrdersRequest())).Orders);
    }

    [Fact]
    public async Task Refuses_a_message_that_is_too_large()
    {
        var person = await _app.Issuer.SignUpAsync();
        var refusal = await Assert.ThrowsAsync<RpcException>(
            () => _app.Client(person.AccessToken).GetAsync(new string('x', 100_000)));
        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
    }

    [Fact]
    public async Task Says_unavailable_while_the_database_is_away_and_serves_when_it_is_back()
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Postgres });
        var bootstrap = stack.Postgres.ConnectionString;
        await using var app = await OrdersApp.StartAsync(
            _app.Issuer,
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["ConnectionStrings:Bootstrap"] = bootstrap,
                ["ConnectionStrings:OrdersMigrator"] = Sql.As(bootstrap, "orders", "orders_migrator"),
                ["ConnectionStrings:Orders"] = Sql.As(bootstrap, "orders", "orders_app"),
            });
        var client = app.Client((await app.Issuer.SignUpAsync()).AccessToken);
        await client.ListOrdersAsync(new ListOrdersRequest());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await HealthAsync(app));

        await stack.Postgres.KillAsync();
        await OrderCalls.RefusedAsync(
            StatusCode.Unavailable, "SERVICE_UNAVAILABLE", client.PlaceOrderAsync(OrderCalls.OneMug()));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await HealthAsync(app));
        await stack.Postgres.RestartAsync();

        await client.PlaceOrderAsync(OrderCalls.OneMug());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await HealthAsync(app));
    }

    [Fact]
    public async Task Reports_its_health_and_its_metrics_only_at_the_management_address()
    {
        using var http = new HttpClient();
        using var ready = await http.GetAsync(new Uri(_app.Management, "/health/ready"));
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        var metrics = await http.GetStringAsync(new Uri(_app.Management, "/metrics"));
        Assert.Contains("http_server_request_duration_seconds", metrics, StringComparison.Ordinal);
        Assert.Contains("portico_orders_streams", metrics, StringComparison.Ordinal);
        var promtool = await Shell.RunAsync("promtool", ["check", "metrics"], metrics, Repository.Root, TimeSpan.FromSeconds(30));
        Assert.Equal((0, ""), (promtool.ExitCode, promtool.Errors));

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_app.Service, "/metrics"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var elsewhere = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
        using var grpc = await http.PostAsync(new Uri(_app.Management, "/portico.orders.v1.Orders/GetOrder"), content: null);
        Assert.Equal(HttpStatusCode.NotFound, grpc.StatusCode);
    }

    [Fact]
    public async Task Describes_itself_in_development_only()
    {
        Assert.Contains("portico.orders.v1.Orders", await ServicesAsync(_app.Channel));

        await using var app = await OrdersApp.StartAsync(
            _app.Issuer, new Dictionary<string, string?>(StringComparer.Ordinal) { ["environment"] = "Production" });
        var refusal = await Assert.ThrowsAsync<RpcException>(() => ServicesAsync(app.Channel));
        Assert.Equal(StatusCode.Unimplemented, refusal.StatusCode);
    }

    [Fact]
    public async Task Ends_its_streams_and_finishes_its_calls_when_it_stops()
    {
        await using var app = await OrdersApp.StartAsync(_app.Issuer);
        var client = app.Client((await app.Issuer.SignUpAsync()).AccessToken);
        using var stream = client.WatchOrders(new WatchOrdersRequest());
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));

        var stopping = app.StopAsync();

        await OrderCalls.RefusedAsync(
            StatusCode.Unavailable, "SERVICE_UNAVAILABLE", () => stream.ResponseStream.MoveNext(CancellationToken.None));
        await stopping;
    }

    [Fact]
    public async Task Finishes_the_calls_that_run_when_it_stops_and_takes_new_ones_while_it_drains()
    {
        await using var app = await OrdersApp.StartAsync(
            _app.Issuer, new Dictionary<string, string?>(StringComparer.Ordinal) { ["Shutdown:DrainDelay"] = "00:00:05" });
        var person = await app.Issuer.SignUpAsync();
        var client = app.Client(person.AccessToken);
        await client.PlaceOrderAsync(OrderCalls.OneMug());
        using var stream = client.WatchOrders(new WatchOrdersRequest());
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        await using var database = NpgsqlDataSource.Create(app.ConnectionString);
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("UPDATE order_owners SET change = change WHERE id = $1", connection))
        {
            hold.Parameters.Add(new NpgsqlParameter { Value = person.Id });
            await hold.ExecuteNonQueryAsync();
        }

        using var running = client.PlaceOrderAsync(OrderCalls.OneMug());
        await using var waiting = database.CreateCommand(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')");
        await Eventually.Holds(async () => await waiting.ExecuteScalarAsync() is true, "the call to wait");

        var stopping = app.StopAsync();
        await OrderCalls.RefusedAsync(
            StatusCode.Unavailable, "SERVICE_UNAVAILABLE", () => stream.ResponseStream.MoveNext(CancellationToken.None));
        await transaction.RollbackAsync();

        Assert.Equal(OrderStatus.Pending, (await running).Status);
        Assert.Equal(2, (await client.ListOrdersAsync(new ListOrdersRequest())).Orders.Count);
        await stopping;
    }

    [Fact]
    public async Task Names_every_setting_that_is_wrong()
    {
        using var error = new StringWriter();
        var exitCode = await OrdersHost.RunAsync(
            ["--Tokens:Issuer=x/", "--Orders:MaxPerUser=0", "--Calls:DefaultDeadline=01:00:00", "--Listen:Url=http://127.0.0.1:port"],
            error);

        Assert.Equal(1, exitCode);
        string[] settings = ["ConnectionStrings:Orders", "Tokens:Issuer", "Orders:MaxPerUser", "Calls:DefaultDeadline", "Listen:Url"];
        foreach (var setting in settings)
            Assert.Contains(setting, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_the_level_of_a_logger_that_is_wrong()
    {
        await using var error = new StringWriter();

        Assert.Equal(1, await OrdersHost.RunAsync(["--Logging:LogLevel:Default=loud"], error));

        Assert.Contains("Logging:LogLevel:Default", error.ToString(), StringComparison.Ordinal);
    }

    private static async Task<HealthCheckResponse.Types.ServingStatus> HealthAsync(OrdersApp app) =>
        (await new Health.HealthClient(app.Channel).CheckAsync(
            new HealthCheckRequest { Service = "portico.orders.v1.Orders" })).Status;

    private static async Task<IEnumerable<string>> ServicesAsync(GrpcChannel channel)
    {
        using var call = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        return call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name);
    }
}
