extern alias orders;

using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portico.DevStack;
using Portico.Domain.Users;
using Portico.Infrastructure.SigningKeys;
using Portico.Migrator;
using Portico.Orders.V1;
using Portico.Seeder;
using OrdersClient = Portico.Orders.V1.Orders.OrdersClient;
using OrdersHost = orders::Portico.Orders.OrdersHost;

namespace Portico.Testing;

/// <summary>The orders service on real PostgreSQL, with a web API of Portico as the issuer of its tokens.</summary>
public sealed class OrdersApp : IAsyncDisposable
{
    /// <summary>The permission that Portico gives itself for the orders of a user.</summary>
    public const string ProcessPermission = "orders.process";

    private static readonly Lazy<Task<OrdersApp>> Shared = new(async () => await StartWithAsync(await PorticoApp.SharedAsync()));

    private readonly WebApplication _app;
    private bool _isStopped;

    private OrdersApp(WebApplication app, PorticoApp issuer, Uri service, Uri management, IReadOnlyDictionary<string, string?> settings)
    {
        (_app, Issuer, Service, Management, Settings) = (app, issuer, service, management, settings);
        Channel = GrpcChannel.ForAddress(service);
    }

    public PorticoApp Issuer { get; }

    /// <summary>The address of gRPC.</summary>
    public Uri Service { get; }

    /// <summary>The address of health and metrics.</summary>
    public Uri Management { get; }

    public GrpcChannel Channel { get; }

    /// <summary>What it was started with.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; }

    /// <summary>The database, with the role of the service.</summary>
    public string ConnectionString => Settings["ConnectionStrings:Orders"]!;

    public IServiceProvider Services => _app.Services;

    /// <summary>The one that tests share which change nothing but orders of their own users.</summary>
    public static Task<OrdersApp> SharedAsync() => Shared.Value;

    /// <summary>Starts one together with an application of its own, which finds it.</summary>
    public static async Task<OrdersApp> StartWithIssuerAsync(IDictionary<string, string?>? settings = null)
    {
        var all = new Dictionary<string, string?>(settings ?? new Dictionary<string, string?>(), StringComparer.Ordinal)
        {
            ["Orders:Url"] = $"http://127.0.0.1:{Ports.Free()}",
            ["HashChain:SealInterval"] = "00:00:00.2",
        };
        return await StartWithAsync(await PorticoApp.StartAsync(new PorticoAppOptions { Settings = all }));
    }

    private static async Task<OrdersApp> StartWithAsync(PorticoApp issuer)
    {
        var app = await StartAsync(issuer, AddressOf(issuer));
        await app.FirstOrderAsync();
        return app;
    }

    /// <summary>Places an order, which loads the code and the keys of the service.</summary>
    /// <remarks>On a busy machine that takes longer than an order may take, and then the answer is 503, and the order is undone.</remarks>
    private async Task FirstOrderAsync()
    {
        var (person, manager) = (await Issuer.SignUpAsync(), await Issuer.SignUpAsync(Role.Manager));
        var wallet = (string)(await CreateAsync(person, "wallets", new { name = "Wallet", currency = "EUR" }))["id"]!;
        await CreateAsync(manager, "deposits", new { walletId = wallet, amount = new { amount = "100.00", currency = "EUR" } });
        var product = (await Client(person.AccessToken).ListProductsAsync(new ListProductsRequest()))
            .Products.First(product => product.Price.Currency == "EUR");
        await CreateAsync(person, "orders", new { walletId = wallet, lines = new[] { new { productId = product.Id, quantity = 1 } } });
    }

    private static Task<JsonNode> CreateAsync(TestPerson person, string path, object body) => Eventually.Get<JsonNode>(
        async () =>
        {
            using var answer = await person.SendAsync(
                HttpMethod.Post, $"/api/v1/{path}", body, ("Idempotency-Key", Guid.NewGuid().ToString()));
            return answer.StatusCode == HttpStatusCode.Created ? await answer.Content.ReadFromJsonAsync<JsonNode>() : null;
        },
        $"POST {path}");

    /// <summary>The setting that lets the service listen where an application looks for it.</summary>
    public static IDictionary<string, string?> AddressOf(PorticoApp issuer) =>
        new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["Listen:Url"] = issuer.Settings["Orders:Url"] };

    /// <summary>Starts one with a database of its own, which the Migrator makes and the Seeder fills.</summary>
    public static async Task<OrdersApp> StartAsync(PorticoApp issuer, IDictionary<string, string?>? settings = null)
    {
        var all = await PrepareAsync(issuer, settings);
        var app = OrdersHost.Create([.. all.Where(s => s.Value is not null).Select(s => $"--{s.Key}={s.Value}")]);
        await app.StartAsync();
        var (service, management) = OrdersHost.Addresses(app);
        return new OrdersApp(app, issuer, service, management, all);
    }

    /// <summary>Makes a database, and the settings of a service on it.</summary>
    internal static async Task<Dictionary<string, string?>> PrepareAsync(PorticoApp issuer, IDictionary<string, string?>? settings)
    {
        var database = $"orders_{Guid.NewGuid():N}";
        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["environment"] = "Development",
            ["DOTNET_ENVIRONMENT"] = "Development",
            ["Logging:LogLevel:Default"] = "Warning",
            ["ConnectionStrings:Bootstrap"] = issuer.Database.Bootstrap,
            ["ConnectionStrings:OrdersMigrator"] = Sql.As(issuer.Database.Bootstrap, database, "orders_migrator"),
            ["ConnectionStrings:Orders"] = Sql.As(issuer.Database.Bootstrap, database, "orders_app"),
            ["Tokens:Issuer"] = issuer.Settings["Tokens:Issuer"],
            ["Listen:Url"] = "http://127.0.0.1:0",
            ["Listen:ManagementUrl"] = "http://127.0.0.1:0",
            ["Shutdown:DrainDelay"] = "00:00:00",
        };
        foreach (var (key, value) in settings ?? new Dictionary<string, string?>(StringComparer.Ordinal))
            all[key] = value;

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(all).Build();
        await TestDatabase.Succeed(
            (output, error) => MigratorApp.RunAsync(["up", "--target", "orders"], configuration, output, error, default));
        await TestDatabase.Succeed((output, error) => SeederApp.RunAsync(["catalogue"], configuration, output, error, default));
        return all;
    }

    /// <summary>A client that sends this access token with every call.</summary>
    public OrdersClient Client(string? accessToken) => accessToken is null
        ? new OrdersClient(Channel)
        : new OrdersClient(Channel.Intercept(headers =>
        {
            headers.Add("authorization", $"Bearer {accessToken}");
            return headers;
        }));

    /// <summary>A client of Portico itself, which processes the orders of this user.</summary>
    public OrdersClient Processing(Guid userId) => Client(Token(userId, "orders", [], [ProcessPermission]));

    /// <summary>An access token signed with the key of the issuer.</summary>
    public string Token(Guid userId, string audience, string[] roles, string[] permissions, TimeSpan? lifetime = null)
    {
        var key = Issuer.Services.GetRequiredService<TokenKeys>().Current.Signer;
        var now = DateTimeOffset.UtcNow;
        var ends = now + (lifetime ?? TimeSpan.FromMinutes(1));
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = Settings["Tokens:Issuer"]!,
            ["aud"] = audience,
            ["sub"] = userId,
            ["jti"] = Guid.NewGuid(),
            ["client_id"] = "portico",
            ["iat"] = Math.Min(now.ToUnixTimeSeconds(), ends.ToUnixTimeSeconds() - 1),
            ["nbf"] = Math.Min(now.ToUnixTimeSeconds(), ends.ToUnixTimeSeconds() - 1),
            ["exp"] = ends.ToUnixTimeSeconds(),
            ["roles"] = roles,
            ["permissions"] = permissions,
        };
        var header = $$"""{"alg":"{{key.Algorithm}}","typ":"at+jwt","kid":"{{key.Id}}"}""";
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}."
            + Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims));
        var signature = new byte[key.SignatureLength];
        key.Sign(Encoding.ASCII.GetBytes(signed), signature);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>Changes rows behind the service's back, as the owner of the database.</summary>
    public async Task ExecuteAsync(string sql, params object[] values)
    {
        var owner = new NpgsqlConnectionStringBuilder(Settings["ConnectionStrings:Bootstrap"])
        {
            Database = new NpgsqlConnectionStringBuilder(ConnectionString).Database,
            Pooling = false,
        };
        await Sql.ExecuteAsync(owner.ConnectionString, sql, values);
    }

    public async Task StopAsync()
    {
        if (!Interlocked.Exchange(ref _isStopped, true))
            await _app.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Channel.ShutdownAsync();
        Channel.Dispose();
        await _app.DisposeAsync();
    }
}
