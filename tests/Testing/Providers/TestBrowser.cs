using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace Portico.Testing.Providers;

/// <summary>A browser that keeps cookies by their names and follows no redirect by itself.</summary>
public sealed class TestBrowser(PorticoApp app, FakeProviders providers) : IDisposable
{
    private readonly HttpClient _client = new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        BaseAddress = app.Api,
    };

    /// <summary>The cookies for Portico, by their names.</summary>
    public ConcurrentDictionary<string, string> Cookies { get; } = new(StringComparer.Ordinal);

    /// <summary>Every <c>Set-Cookie</c> that Portico sent.</summary>
    public ConcurrentQueue<string> SetCookies { get; } = new();

    /// <summary>Opens the start of a flow.</summary>
    /// <returns>The URL of the provider to which Portico sends the browser.</returns>
    public async Task<Uri> StartAsync(string provider, string query)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"/api/v1/auth/oauth/{provider}/start?{query}");
        return answer.Headers.Location
            ?? throw new InvalidOperationException($"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>Lets a person decide at the provider.</summary>
    /// <returns>The URL of Portico to which the provider sends the browser.</returns>
    public async Task<Uri> DecideAsync(Uri authorization, FakePerson person)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, authorization);
        request.Headers.Add(FakeProviders.PersonHeader, providers.Add(person));
        using var answer = await _client.SendAsync(request);
        return answer.Headers.Location ?? throw new InvalidOperationException($"The provider said {(int)answer.StatusCode}.");
    }

    /// <summary>Opens a URL of Portico.</summary>
    public Task<HttpResponseMessage> OpenAsync(Uri url) => SendAsync(HttpMethod.Get, url.PathAndQuery);

    /// <summary>A whole flow.</summary>
    /// <returns>Where the browser is in the end.</returns>
    public async Task<Uri> FlowAsync(string provider, FakePerson person, string query)
    {
        using var answer = await OpenAsync(await DecideAsync(await StartAsync(provider, query), person));
        return answer.Headers.Location
            ?? throw new InvalidOperationException($"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>Exchanges a code as the frontend in this browser does.</summary>
    public Task<HttpResponseMessage> ExchangeAsync(object body, string? accessToken = null) =>
        SendAsync(HttpMethod.Post, "/api/v1/auth/oauth/exchange", body, accessToken);

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, string? accessToken = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (!Cookies.IsEmpty)
            request.Headers.Add("Cookie", string.Join("; ", Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        if (accessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        var answer = await _client.SendAsync(request);
        foreach (var cookie in answer.Headers.TryGetValues("Set-Cookie", out var sent) ? sent : [])
        {
            SetCookies.Enqueue(cookie);
            var pair = cookie.Split(';')[0].Split('=', 2);
            if (pair[1].Length > 0)
                Cookies[pair[0]] = pair[1];
            else
                Cookies.TryRemove(pair[0], out _);
        }

        return answer;
    }
}
