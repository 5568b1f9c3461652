using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Asp.Versioning;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Portico.Application;
using Portico.Application.Auth;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Sessions;
using Portico.Infrastructure.SigningKeys;
using Portico.WebApi;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.IntegrationTests.Conventions;

/// <summary>The HTTP layer of the API on real sockets with <see cref="ProbeController"/>: the conventions need no database.</summary>
internal sealed class ProbeApp : IAsyncDisposable
{
    // Making one takes longer than most tests.
    private static readonly Lazy<TokenKey> SigningKey = new(NewKey);

    private readonly WebApplication _app;

    private ProbeApp(WebApplication app, ProbeOptions options)
    {
        (_app, Options) = (app, options);
        var listeners = app.Services.GetRequiredService<Listeners>();
        (Api, Management) = (listeners.Api, listeners.Management);
        Client = new HttpClient { BaseAddress = Api };
    }

    public ProbeOptions Options { get; }
    public Uri Api { get; }
    public Uri Management { get; }
    public HttpClient Client { get; }
    public IServiceProvider Services => _app.Services;

    public static Task<ProbeApp> StartAsync(params (string Key, string Value)[] settings) => StartAsync(new ProbeOptions(), settings);

    public static async Task<ProbeApp> StartAsync(ProbeOptions options, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions
            {
                Args = [SettingsFiles.Unwatched],
                EnvironmentName = options.Environment,
                ContentRootPath = AppContext.BaseDirectory,
            });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Management:Url"] = "http://127.0.0.1:0",
            ["Shutdown:DrainDelay"] = "00:00:00",
            ["Health:Required"] = string.Join(',', options.Checks.Where(check => check.Required).Select(check => check.Name)),
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.Services.AddApplication().AddWebApi(builder.Configuration);
        builder.Logging.ClearProviders().AddProvider(options.Log).SetMinimumLevel(LogLevel.Debug).AddFilter("Microsoft", LogLevel.Warning);

        var keys = new TokenKeys(new KeyRing(SigningKey.Value, []));
        var tokens = new TokenSettings { Issuer = "http://127.0.0.1" };
        builder.Services.AddSingleton(keys)
            .AddSingleton(tokens)
            .AddSingleton<AccessTokenValidator>()
            .AddSingleton<VerifiedTokenCache>()
            .AddSingleton<AccessTokenIssuer>()
            .AddSingleton<TokenDiscovery>()
            .AddSingleton(new SessionSettings { Key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) })
            .AddSingleton<ISessionCookies, RefreshTokens>();
        builder.Services.AddSingleton<IRevokedSessions>(options)
            .AddSingleton<ITokenVersions>(options)
            .AddSingleton<ISigningKeyRefresh>(options)
            .AddSingleton<IRequestRateLimiter>(options);
        builder.Services.AddSingleton<ITransaction>(new NoTransaction())
            .AddSingleton<IIdempotencyStore>(new NoTransaction())
            .AddSingleton<IQueryCache>(new NoTransaction());
        builder.Services.AddSingleton(options);
        foreach (var check in options.Checks)
            builder.Services.AddHealthChecks().AddCheck(check.Name, check);
        builder.Services.AddOpenApiDocument("v0.9").Configure<ApiVersioningOptions>(versioning =>
        {
            versioning.Policies.Deprecate(0, 9).Effective(2026, 1, 31)
                .Link("https://docs.example.com/v1").Title("How to move to version 1");
            versioning.Policies.Sunset(0, 9).Effective(2027, 1, 31)
                .Link("https://docs.example.com/versions").Title("Versions and their end");
        });
        builder.Services.AddTransient<MediatR.IRequestHandler<SendProbe, Result<ProbeDto>>, SendProbeHandler>();
        builder.Services.AddTransient<MediatR.IRequestHandler<RefuseProbe, Result<ProbeDto>>, RefuseProbeHandler>();
        builder.Services.AddTransient<MediatR.IRequestHandler<ListProbes, Result<Page<ProbeDto>>>, ListProbesHandler>();
        builder.Services.AddTransient<MediatR.IRequestHandler<ReadOwnProbe, Result<ProbeDto>>, ReadOwnProbeHandler>();
        builder.Services.AddTransient<MediatR.IRequestHandler<AdministerProbe, Result<ProbeDto>>, AdministerProbeHandler>();
        builder.Services.AddTransient<FluentValidation.IValidator<ListProbes>, ListProbesValidator>();
        builder.Services.AddControllers().AddApplicationPart(typeof(ProbeController).Assembly);

        var app = builder.Build();
        app.Services.GetRequiredService<Microsoft.Extensions.Options.IStartupValidator>().Validate();
        app.UseWebApi();
        await app.StartAsync();
        return new ProbeApp(app, options);
    }

    /// <summary>An access token of a person with a role, and the session that it belongs to.</summary>
    public (string Token, Guid Session) SignIn(Role role = Role.User)
    {
        var session = Guid.CreateVersion7();
        Assert.True(ContactAddress.TryParseEmail("ada@example.org", out var address));
        var user = User.Register(address, "Ada", "en", TimeProvider.System.GetUtcNow());
        user.AssignRole(role);
        return (_app.Services.GetRequiredService<AccessTokenIssuer>().Issue(user, session).Value, session);
    }

    /// <summary>Writes bytes to a socket and reads all that comes back until the server closes.</summary>
    public async Task<string> RawAsync(string request, Uri? to = null)
    {
        var address = to ?? Api;
        using var client = new TcpClient();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await client.ConnectAsync(address.Host, address.Port, deadline.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), deadline.Token);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(deadline.Token);
    }

    private static TokenKey NewKey()
    {
        using var rsa = RSA.Create(2048);
        return TokenKey.Of(rsa);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

/// <summary>What a test sets up around the HTTP layer.</summary>
internal sealed class ProbeOptions : IRevokedSessions, ITokenVersions, ISigningKeyRefresh, IRequestRateLimiter
{
    public string Environment { get; init; } = "Production";
    public IReadOnlyList<FakeCheck> Checks { get; init; } = [];
    public bool CanReadKeys { get; init; } = true;
    public RecordedLog Log { get; } = new();
    public ConcurrentDictionary<Guid, bool> Ended { get; } = new();

    public ValueTask<bool> Contains(Guid sessionId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Ended.ContainsKey(sessionId));

    public ValueTask<bool> Accepts(Guid userId, int epoch, CancellationToken cancellationToken) => ValueTask.FromResult(true);

    public Task<bool> LookAgain(CancellationToken cancellationToken) => Task.FromResult(CanReadKeys);

    public bool TrySpend(Guid userId, long most, out RateLimitUse use) => TrySpend(most, out use);

    public bool TrySpend(IPAddress? client, long most, out RateLimitUse use) => TrySpend(most, out use);

    public bool TrySpend(string service, Guid? userId, IPAddress? client, long most, out RateLimitUse use) => TrySpend(most, out use);

    private static bool TrySpend(long most, out RateLimitUse use)
    {
        use = new RateLimitUse("probes", most, TimeSpan.FromMinutes(1), most - 1, TimeSpan.FromMinutes(1));
        return true;
    }
}

internal sealed class NoTransaction : ITransaction, IIdempotencyStore, IQueryCache
{
    public Task<TResult> Run<TResult>(Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : IResult<TResult> => work(cancellationToken);

    public void AfterCommit(Func<CancellationToken, Task> work) => throw new NotSupportedException();

    public async Task<(TResult? Result, StoredAnswer? Replay)> Once<TResult>(
        IdempotencyKey key,
        Func<CancellationToken, Task<TResult>> work,
        Func<TResult, StoredAnswer> answerOf,
        CancellationToken cancellationToken)
        where TResult : IResult<TResult> => (await work(cancellationToken), null);

    public async Task<(TResult Answer, CacheUse Use)> Get<TResult>(
        CachedQuery query, Func<CancellationToken, Task<TResult>> make, CancellationToken cancellationToken)
        where TResult : IResult<TResult> => (await make(cancellationToken), default);
}

/// <summary>A dependency that a test switches off.</summary>
internal sealed class FakeCheck(string name, bool required) : IHealthCheck
{
    public string Name { get; } = name;
    public bool Required { get; } = required;
    public Func<CancellationToken, Task> Answer { get; set; } = _ => Task.CompletedTask;
    public int Asked => _asked;

    private int _asked;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _asked);
        await Answer(cancellationToken);
        return HealthCheckResult.Healthy();
    }
}

/// <summary>Every log line of the application under test.</summary>
internal sealed class RecordedLog : ILoggerProvider
{
    public ConcurrentQueue<LogLine> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Recorder(RecordedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Lines.Enqueue(new LogLine(logLevel, category, formatter(state, exception), CurrentRequestId.Value, exception));
    }
}

internal sealed record LogLine(LogLevel Level, string Category, string Message, string? RequestId, Exception? Failure);
