using Microsoft.Extensions.Primitives;
using Portico.Infrastructure.Sessions;
using Portico.WebApi.OAuth;

namespace Portico.WebApi.Cookies;

/// <summary>The cookie that signs a browser in.</summary>
/// <remarks>
/// The prefix <c>__Host-</c> keeps other hosts of the domain from setting it, and no other name is read. Over plain HTTP browsers reject
/// the prefix and <c>Secure</c>. So both are left out when the public URL of this API is http in development or on this machine.
/// </remarks>
internal sealed partial class SessionCookie
{
    private const string PlainName = "portico";

    private readonly ILogger _logger;
    private readonly CookieOptions _options;

    public SessionCookie(
        ConfiguredProviders providers, SessionSettings settings, IHostEnvironment environment, ILogger<SessionCookie> logger)
    {
        _logger = logger;
        var url = providers.PublicUrl;
        var isPlain = url.Scheme == Uri.UriSchemeHttp && (url.IsLoopback || environment.IsDevelopment());
        Name = isPlain ? PlainName : $"__Host-{PlainName}";
        _options = new CookieOptions
        {
            Path = "/",
            HttpOnly = true,
            IsEssential = true,
            SameSite = SameSiteMode.Strict,
            Secure = !isPlain,
            // The server knows when an idle session ends; the cookie must only live as long as the session can.
            MaxAge = settings.AbsoluteLifetime,
        };
        if (isPlain)
            LogPlain(Name, url);
        else if (url.Scheme == Uri.UriSchemeHttp)
            LogUnusable(Name, url);
    }

    public string Name { get; }

    /// <summary>Whether the request has the cookie, with any value.</summary>
    public bool IsIn(HttpRequest request) => Count(request.Headers.Cookie, out _) > 0;

    /// <summary>The value of the cookie; <c>null</c> without one, and for several: a browser never sends two of this name.</summary>
    public string? Find(HttpRequest request) => Count(request.Headers.Cookie, out var value) == 1 ? value : null;

    /// <summary>A Cookie header without this cookie; empty when nothing else is in it.</summary>
    public string RemoveFrom(string header) => string.Join(
        "; ",
        header.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(pair => !pair.StartsWith($"{Name}=", StringComparison.Ordinal)));

    public void Set(HttpResponse response, string value)
    {
        response.Cookies.Append(Name, value, _options);
        response.Headers.CacheControl = "no-store";
    }

    public void Delete(HttpResponse response)
    {
        response.Cookies.Delete(Name, _options);
        response.Headers.CacheControl = "no-store";
    }

    private int Count(StringValues headers, out string? value)
    {
        value = null;
        var count = 0;
        foreach (var header in headers)
        {
            var rest = header.AsSpan();
            while (!rest.IsEmpty)
            {
                var end = rest.IndexOf(';');
                var pair = (end < 0 ? rest : rest[..end]).Trim(' ');
                rest = end < 0 ? default : rest[(end + 1)..];
                if (pair.Length > Name.Length && pair[Name.Length] == '=' && pair.StartsWith(Name, StringComparison.Ordinal)
                    && ++count == 1)
                    value = pair[(Name.Length + 1)..].ToString();
            }
        }

        return count;
    }

    [LoggerMessage(
        1, LogLevel.Warning,
        "The cookie {Cookie} of browsers has neither Secure nor the prefix __Host-, because {Url} is plain HTTP. Use https in production.")]
    private partial void LogPlain(string cookie, Uri url);

    [LoggerMessage(
        2, LogLevel.Warning,
        "Browsers don't keep the cookie {Cookie}, because {Url} is plain HTTP. Set OAuth:PublicUrl or Tokens:Issuer to an https address.")]
    private partial void LogUnusable(string cookie, Uri url);
}
