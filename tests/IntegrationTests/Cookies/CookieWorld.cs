using System.Collections.Concurrent;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portico.DevStack;
using Portico.IntegrationTests.Gateway;
using Portico.Testing;

namespace Portico.IntegrationTests.Cookies;

/// <summary>Two replicas of one application whose public address is https, for all tests of the cookie mode and of forward-auth.</summary>
public sealed class CookieWorld : IAsyncLifetime
{
    public const string Cookie = "__Host-portico";

    private const int Measurements = 3;

    private CookieBrowser? _shared;

    /// <summary>The tests that share it.</summary>
    [CollectionDefinition(Name)]
    public sealed class Tests : ICollectionFixture<CookieWorld>
    {
        public const string Name = "Cookie mode";
    }

    public PorticoApp App { get; private set; } = null!;
    public PorticoApp Other { get; private set; } = null!;

    /// <summary>The public address of the API, where a proxy may serve it over TLS.</summary>
    public string Origin { get; } = $"https://portico.localhost:{Ports.Free()}";

    /// <summary>The address of gRPC at <see cref="App"/>.</summary>
    public Uri Rpc { get; } = new($"http://127.0.0.1:{Ports.Free()}");

    /// <summary>A frontend of another host of the same site, which is listed.</summary>
    public string Frontend => Origin.Replace("portico.", "app.portico.", StringComparison.Ordinal);

    /// <summary>Everything that both applications logged.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    /// <summary>What proxies and the gateway send requests on to.</summary>
    internal RecordingService Service { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var api = $"http://127.0.0.1:{Ports.Free()}";
        Service = await RecordingService.StartAsync(api);
        App = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
            {
                ["urls"] = api,
                ["Tokens:Issuer"] = api,
                ["Gateway:Routes:reports:Address"] = Service.Address.ToString(),
                ["Gateway:Routes:reports:Audience"] = RecordingService.Audience,
                ["OAuth:PublicUrl"] = Origin,
                ["Cors:Origins:0"] = Frontend,
                ["Proxies:Trusted:0"] = "127.0.0.1",
                ["Limits:RequestTimeout"] = "00:00:10",
                ["Grpc:Url"] = Rpc.ToString(),
                ["Logging:LogLevel:Default"] = "Information",
                ["Logging:LogLevel:Microsoft"] = "Information",
            },
            Services = Record,
        });
        Other = await PorticoApp.StartAsync(
            new PorticoAppOptions { ReplicaOf = App, Services = Record, Settings = { ["Grpc:Url"] = null } });
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Other.DisposeAsync();
        await App.DisposeAsync();
    }

    /// <summary>A browser in which nobody is signed in, on a page of the API's own origin.</summary>
    public CookieBrowser Browser(PorticoApp? at = null) => new((at ?? App).Client, Origin);

    /// <summary>A browser in which somebody is signed in whom all tests share that end nothing.</summary>
    public async Task<CookieBrowser> SharedAsync() => _shared ??= (await SignedInAsync()).Browser;

    /// <summary>A browser in which a new person is signed in by the cookie.</summary>
    public async Task<(CookieBrowser Browser, TestPerson Person)> SignedInAsync()
    {
        var person = await App.SignUpAsync();
        var browser = Browser();
        await browser.LogInAsync(person).Json(System.Net.HttpStatusCode.OK);
        return (browser, person);
    }

    /// <summary>Measures what must be within a second, and again if a busy machine was late.</summary>
    internal static async Task WithinASecond(Func<Task<TimeSpan>> measure)
    {
        var measured = TimeSpan.MaxValue;
        for (var tries = 0; tries < Measurements && measured > TimeSpan.FromSeconds(1); tries++)
            measured = await measure();
        Assert.InRange(measured, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    private void Record(IServiceCollection services) => services.AddSingleton<ILoggerProvider>(new Recorder(Log));

    private sealed class Recorder(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue($"{formatter(state, exception)} {exception}");
    }
}

/// <summary>What the page of a frontend sends and keeps: one cookie, the origin and the header of its calls.</summary>
public sealed class CookieBrowser(HttpClient api, string origin)
{
    public const string Path = "/api/v1/session";

    /// <summary>The value of the cookie; <c>null</c> when there is none.</summary>
    public string? Cookie { get; set; }

    /// <summary>The last <c>Set-Cookie</c>.</summary>
    public string SetCookie { get; private set; } = "";

    /// <summary>The same browser at another server.</summary>
    public CookieBrowser At(PorticoApp app) => new(app.Client, origin) { Cookie = Cookie };

    public Task<HttpResponseMessage> LogInAsync(TestPerson person) =>
        SendAsync(HttpMethod.Post, $"{Path}/login", new { person.Email, person.Password });

    public Task<HttpResponseMessage> WhoAsync() => SendAsync(HttpMethod.Get, Path);

    /// <summary>Sends a call of a frontend that keeps the rules.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null) => method == HttpMethod.Get
        ? SendRawAsync(method, path, body)
        : SendRawAsync(method, path, body, ("Origin", origin), ("X-CSRF", "1"), ("Sec-Fetch-Site", "same-origin"));

    /// <summary>Sends the cookie and these header fields only.</summary>
    public async Task<HttpResponseMessage> SendRawAsync(
        HttpMethod method, string path, object? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (Cookie is not null)
            request.Headers.TryAddWithoutValidation("Cookie", $"{CookieWorld.Cookie}={Cookie}");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        var answer = await api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (answer.Headers.TryGetValues("Set-Cookie", out var set))
        {
            SetCookie = set.Single();
            var value = SetCookie.Split(';')[0].Split('=', 2)[1];
            Cookie = value.Length > 0 ? value : null;
            Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        }

        return answer;
    }
}
