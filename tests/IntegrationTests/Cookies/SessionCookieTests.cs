using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portico.Infrastructure.Sessions;
using Portico.Infrastructure.SigningKeys;
using Portico.WebApi.Cookies;
using Portico.WebApi.OAuth;

namespace Portico.IntegrationTests.Cookies;

public sealed class SessionCookieTests
{
    [Theory]
    [InlineData("https://api.example.com", "Production", true, 0)]
    [InlineData("https://localhost:5443", "Development", true, 0)]
    [InlineData("http://localhost:5080", "Development", false, 1)]
    [InlineData("http://127.0.0.1:5080", "Production", false, 1)]
    [InlineData("http://portico.internal", "Development", false, 1)]
    [InlineData("http://portico.internal", "Production", true, 1)]
    public void Is_secure_unless_the_public_url_is_http_on_this_machine_or_in_development(
        string url, string environment, bool isSecure, int warnings)
    {
        var log = new Recorder();
        var cookie = new SessionCookie(
            new ConfiguredProviders([], new OAuthSettings(), new TokenSettings { Issuer = url }), new SessionSettings(),
            new Environment(environment), log);
        var context = new DefaultHttpContext();
        cookie.Set(context.Response, "value");

        var set = context.Response.Headers.SetCookie.ToString();
        Assert.StartsWith(isSecure ? "__Host-portico=value;" : "portico=value;", set, StringComparison.Ordinal);
        Assert.Equal(isSecure, set.Contains("; secure", StringComparison.Ordinal));
        Assert.Contains("; samesite=strict; httponly", set, StringComparison.Ordinal);
        Assert.DoesNotContain("domain", set, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(warnings, log.Lines.Count);
        Assert.All(log.Lines, line => Assert.Contains(url, line, StringComparison.Ordinal));
    }

    private sealed class Environment(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;
        public string ApplicationName { get; set; } = "";
        public string ContentRootPath { get; set; } = "";
        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }

    private sealed class Recorder : ILogger<SessionCookie>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Assert.Equal(LogLevel.Warning, logLevel);
            Lines.Add(formatter(state, exception));
        }
    }
}
