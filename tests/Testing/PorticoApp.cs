using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NATS.Client.Core;
using NATS.Client.JetStream;
using Portico.Application.Auth;
using Portico.DevStack;
using Portico.Domain.Users;
using Portico.Infrastructure.Events;
using Portico.WebApi;

namespace Portico.Testing;

/// <summary>What differs from the shared application.</summary>
public sealed record PorticoAppOptions
{
    /// <summary>Servers that the test may break; the others are those that all tests share.</summary>
    public LocalStack? Stack { get; init; }

    /// <summary>The database to use; null is one of its own.</summary>
    public TestDatabase? Database { get; init; }

    /// <summary>Another one whose database, Redis and settings this one shares, as a second replica does.</summary>
    public PorticoApp? ReplicaOf { get; init; }

    /// <summary>Settings that the test adds, or takes away with null.</summary>
    public IDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    public Action<IServiceCollection> Services { get; init; } = _ => { };
}

/// <summary>The whole web API, served by Kestrel on a free port, on real PostgreSQL, Redis and NATS.</summary>
public sealed partial class PorticoApp : IAsyncDisposable
{
    // Its orders service runs when a test asks for it.
    private static readonly Lazy<Task<PorticoApp>> Shared = new(() => StartAsync(new PorticoAppOptions
    {
        Settings = { ["Orders:Url"] = $"http://127.0.0.1:{Ports.Free()}" },
    }));

    private readonly WebApplication _app;
    private bool _isStopped;

    private PorticoApp(
        WebApplication app,
        LocalStack stack,
        TestDatabase database,
        string folder,
        Uri api,
        Uri management,
        IReadOnlyDictionary<string, string?> settings)
    {
        (_app, Stack, Database, Folder, Api, Management, Settings) = (app, stack, database, folder, api, management, settings);
        Client = new HttpClient { BaseAddress = api };
        var nats = app.Services.GetRequiredService<INatsConnection>();
        JetStream = new NatsJSContext(nats, new NatsJSOpts(nats.Opts, requestTimeout: TimeSpan.FromSeconds(30)));
    }

    public LocalStack Stack { get; }
    public TestDatabase Database { get; }
    public Uri Api { get; }
    public Uri Management { get; }
    public HttpClient Client { get; }
    public IServiceProvider Services => _app.Services;

    /// <summary>The application's connection, with more patience than it has itself.</summary>
    public INatsJSContext JetStream { get; }

    internal EventSettings Events => Services.GetRequiredService<EventSettings>();

    /// <summary>What it was started with.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; }

    /// <summary>The folder that takes every message.</summary>
    public string Mailbox => Path.Combine(Folder, "mailbox");

    private string Folder { get; }

    /// <summary>The one that tests share which change nothing but people of their own.</summary>
    public static Task<PorticoApp> SharedAsync() => Shared.Value;

    public static async Task<PorticoApp> StartAsync(PorticoAppOptions options)
    {
        var stack = options.Stack ?? options.ReplicaOf?.Stack ?? await SharedStack.GetAsync();
        var database = options.Database
            ?? options.ReplicaOf?.Database
            ?? await TestDatabase.CreateAsync(await SharedStack.WithAsync<PostgresServer>(stack));
        var folder = Directory.CreateTempSubdirectory("portico-test-").FullName;
        var settings = database.Settings();
        // Known before the start, because it is the issuer that verifiers ask for its keys.
        var address = $"http://127.0.0.1:{Ports.Free()}";
        settings["urls"] = address;
        settings["Management:Url"] = "http://127.0.0.1:0";
        settings["environment"] = "Development";
        settings["Logging:LogLevel:Default"] = "Warning";
        settings["Redis:ConnectionString"] = (await SharedStack.WithAsync<RedisServer>(stack)).Redis.ConnectionString;
        settings["Redis:KeyPrefix"] = $"test-{Guid.NewGuid():N}:";
        // The suite keeps both processors busy; the tests of outages set the real deadlines themselves.
        settings["Redis:Deadline"] = "00:00:05";
        settings["Orders:ReadTimeout"] = "00:00:10";
        settings["Dashboard:Deadline"] = "00:00:10";
        settings["Nats:Url"] = (await SharedStack.WithAsync<NatsServer>(stack)).Nats.ConnectionString;
        settings["Events:Prefix"] = $"test-{Guid.NewGuid():N}";
        settings["Events:MaxBytes"] = "16777216";
        settings["Tokens:Issuer"] = address;
        settings["Tokens:SealingKey"] = TestDatabase.SealingKey;
        settings["Sessions:Key"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        settings["Otp:Key"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        // The least that is allowed: most tests sign somebody in.
        settings["Passwords:Argon2MemoryKiB"] = "8";
        settings["Passwords:Argon2Iterations"] = "1";
        settings["Mail:Mailbox"] = Path.Combine(folder, "mailbox");
        settings["Shutdown:DrainDelay"] = "00:00:00";
        foreach (var (key, value) in options.ReplicaOf?.Settings.Where(setting => setting.Key is not ("urls" or "Mail:Mailbox")) ?? [])
            settings[key] = value;
        foreach (var (key, value) in options.Settings)
            settings[key] = value;

        var app = WebApiHost.Create([.. settings.Where(s => s.Value is not null).Select(s => $"--{s.Key}={s.Value}")], options.Services);
        await app.StartAsync();
        // As the Migrator does, where there is a server to do it on.
        var (api, management) = WebApiHost.Addresses(app);
        var started = new PorticoApp(app, stack, database, folder, api, management, settings.AsReadOnly());
        if (started.JetStream.Connection.ConnectionState == NatsConnectionState.Open)
            await StreamDefinition.CompareAsync(started.JetStream, started.Events, apply: true, default);
        return started;
    }

    /// <summary>Signs a new person up by e-mail, here or at a replica.</summary>
    public async Task<TestPerson> SignUpAsync(string? email = null, HttpClient? at = null)
    {
        var api = at ?? Client;
        var person = new TestPerson(api, email ?? NewEmail(), $"correct horse {Guid.NewGuid():N}");
        using var sent = await api.PostAsJsonAsync("/api/v1/auth/verify-code", new { person.Email, Reason = "registration" });
        sent.EnsureSuccessStatusCode();
        var code = await CodeAsync(person.Email);
        using var registered = await api.PostAsJsonAsync(
            "/api/v1/auth/register",
            new Register { Email = person.Email, Code = code, Password = person.Password, DisplayName = "Ada Lovelace" });
        registered.EnsureSuccessStatusCode();
        person.Take(await registered.Content.ReadFromJsonAsync<JsonElement>());
        return person;
    }

    /// <summary>Signs a new person up and gives them a rank.</summary>
    public async Task<TestPerson> SignUpAsync(Role role)
    {
        var person = await SignUpAsync();
        await Database.ExecuteAsync(
            "UPDATE users SET role = $1 WHERE id = $2", JsonNamingPolicy.CamelCase.ConvertName(role.ToString()), person.Id);
        using var refreshed = await person.RefreshAsync();
        refreshed.EnsureSuccessStatusCode();
        person.Take(await refreshed.Content.ReadFromJsonAsync<JsonElement>());
        return person;
    }

    public static string NewEmail() => $"p{Guid.NewGuid():N}@example.org";

    public static string NewPhone() => $"+49151{RandomNumberGenerator.GetInt32(100_000_000):D8}";

    /// <summary>The code in the newest message to an address that holds one.</summary>
    public async Task<string> CodeAsync(string address) => CodeIn(await MessageAsync(address, text => SixDigits().IsMatch(text)));

    public static string CodeIn(string message) => SixDigits().Match(message).Value;

    /// <summary>The newest message to an address, header and text; of several the one looked for.</summary>
    public Task<string> MessageAsync(string address, Func<string, bool>? isIt = null) => Eventually.Get(
        async () =>
        {
            var files = Directory.Exists(Mailbox) ? Directory.GetFiles(Mailbox, "*.eml") : [];
            foreach (var file in files.OrderDescending(StringComparer.Ordinal))
            {
                string text;
                try
                {
                    text = await File.ReadAllTextAsync(file);
                }
                catch (FileNotFoundException)
                {
                    // The mailbox keeps a number of messages and has just removed this one.
                    continue;
                }

                if (text.Contains($"To: {address}\r\n", StringComparison.Ordinal) && isIt?.Invoke(text) != false)
                    return text;
            }

            return null;
        },
        $"a message to {address}");

    /// <summary>Ends it, and leaves its database, its settings and its mailbox to the processes that are replicas of it.</summary>
    public async Task StopAsync()
    {
        if (!Interlocked.Exchange(ref _isStopped, true))
            await _app.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    // In the text, which begins after the empty line: headers have numbers of their own.
    [GeneratedRegex(@"(?<=\r\n\r\n[\s\S]*)\b[0-9]{6}\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SixDigits();
}

/// <summary>Somebody who signed up, with the tokens they hold.</summary>
public sealed class TestPerson(HttpClient api, string email, string password)
{
    public TestPerson(PorticoApp app, string email, string password)
        : this(app.Client, email, password)
    {
    }

    public string Email { get; } = email;
    public string Password { get; set; } = password;
    public string AccessToken { get; private set; } = "";
    public string RefreshToken { get; private set; } = "";

    public Guid Id => Claims.GetProperty("sub").GetGuid();
    public Guid SessionId => Claims.GetProperty("sid").GetGuid();

    private JsonElement Claims => JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(AccessToken.Split('.')[1]));

    public void Take(JsonElement tokens) =>
        (AccessToken, RefreshToken) = (tokens.GetProperty("accessToken").GetString()!, tokens.GetProperty("refreshToken").GetString()!);

    /// <summary>The same person with the same tokens, asking another server.</summary>
    public TestPerson At(HttpClient server) => new(server, Email, Password) { AccessToken = AccessToken, RefreshToken = RefreshToken };

    /// <summary>The same person with another access token.</summary>
    public TestPerson With(string accessToken) => new(api, Email, Password) { AccessToken = accessToken };

    /// <summary>Sends a request with the person's access token.</summary>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path)
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", AccessToken) },
            Content = body is null ? null : JsonContent.Create(body),
        };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return api.SendAsync(request);
    }

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<HttpResponseMessage> LogInAsync(string? withPassword = null) =>
        api.PostAsJsonAsync("/api/v1/auth/login", new LogIn { Email = Email, Password = withPassword ?? Password });

    public Task<HttpResponseMessage> RefreshAsync(string? withToken = null) =>
        api.PostAsJsonAsync("/api/v1/auth/refresh", new RefreshSession { RefreshToken = withToken ?? RefreshToken });

    public Task<HttpResponseMessage> UpdatePasswordAsync(string newPassword, string? oldPassword = null, Guid? userId = null) =>
        SendAsync(
            HttpMethod.Post,
            "/api/v1/auth/update-password",
            new UpdatePassword { UserId = userId ?? Id, OldPassword = oldPassword ?? Password, NewPassword = newPassword });
}
