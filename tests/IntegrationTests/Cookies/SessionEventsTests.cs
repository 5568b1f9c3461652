using System.Diagnostics;
using System.Net;
using Portico.Testing;

namespace Portico.IntegrationTests.Cookies;

/// <summary>The event stream by which the tabs of a browser learn of the end of their session.</summary>
[Collection(CookieWorld.Tests.Name)]
public sealed class SessionEventsTests(CookieWorld world)
{
    private const string Events = $"{CookieBrowser.Path}/events";
    private const int MaxStreams = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Sign_out_reaches_the_tabs_at_both_servers_within_a_second()
    {
        await CookieWorld.WithinASecond(async () =>
        {
            var (browser, person) = await world.SignedInAsync();
            using var here = await OpenAsync(browser);
            using var there = await OpenAsync(browser.At(world.Other));
            foreach (var tab in (Tab[])[here, there])
                Assert.Contains(person.Id.ToString(), await tab.DataOf("session"), StringComparison.Ordinal);

            await browser.SendAsync(HttpMethod.Post, $"{CookieBrowser.Path}/logout").Json(HttpStatusCode.NoContent);

            var ended = Stopwatch.GetTimestamp();
            await Task.WhenAll(here.DataOf("signedOut"), there.DataOf("signedOut"));
            var told = Stopwatch.GetElapsedTime(ended);
            // Nothing follows, and a tab that connects again is told to give up.
            Assert.Equal("", await here.LineAsync());
            Assert.Null(await here.LineAsync());
            using var again = await browser.SendAsync(HttpMethod.Get, Events);
            Assert.Equal(HttpStatusCode.Unauthorized, again.StatusCode);
            return told;
        });
    }

    [Fact]
    public async Task An_idle_stream_has_heartbeats_and_is_not_ended_by_the_timeout_of_requests()
    {
        var (browser, _) = await world.SignedInAsync();
        using var tab = await OpenAsync(browser);
        await tab.DataOf("session");
        for (var beats = 0; beats < 3; beats++)
        {
            Assert.Equal("", await tab.LineAsync());
            Assert.Equal(": heartbeat", await tab.LineAsync());
        }
    }

    [Theory]
    [InlineData(Events)]
    [InlineData("/api/v1/dashboard")]
    public async Task The_answer_to_head_ends_and_leaves_its_connection_for_the_next_request(string stream)
    {
        var (browser, _) = await world.SignedInAsync();
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 1, UseCookies = false };
        using var client = new HttpClient(handler) { BaseAddress = world.App.Api, Timeout = Patience };
        foreach (var method in (HttpMethod[])[HttpMethod.Head, HttpMethod.Get])
        {
            using var request = new HttpRequestMessage(method, method == HttpMethod.Head ? stream : CookieBrowser.Path);
            request.Headers.Add("Cookie", $"{CookieWorld.Cookie}={browser.Cookie}");
            if (method == HttpMethod.Head)
                request.Headers.Add("Accept", "text/event-stream");
            using var answer = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            if (method == HttpMethod.Head)
                Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.ToString());
        }
    }

    [Fact]
    public async Task A_session_has_a_bounded_number_of_streams_and_gets_their_places_back()
    {
        var (browser, _) = await world.SignedInAsync();
        var tabs = await Task.WhenAll(Enumerable.Range(0, MaxStreams).Select(_ => OpenAsync(browser.At(world.App))));
        using var refused = await browser.SendAsync(HttpMethod.Get, Events);
        await refused.Problem(HttpStatusCode.TooManyRequests, "too_many_streams");
        Assert.NotNull(refused.Headers.RetryAfter);

        foreach (var tab in tabs)
            tab.Dispose();
        await Eventually.Holds(
            async () =>
            {
                using var opened = await browser.SendAsync(HttpMethod.Get, Events);
                return opened.StatusCode == HttpStatusCode.OK;
            },
            "another stream");
    }

    [Fact]
    public async Task Is_for_the_cookie_only_and_not_for_a_batch()
    {
        var (browser, person) = await world.SignedInAsync();
        using var bearer = await person.GetAsync(Events);
        Assert.Equal(HttpStatusCode.Unauthorized, bearer.StatusCode);
        var batch = await browser
            .SendAsync(HttpMethod.Post, "/api/v1/batch", new { requests = new[] { new { method = "GET", path = Events } } })
            .Json(HttpStatusCode.OK);
        Assert.InRange(batch.GetProperty("responses")[0].GetProperty("status").GetInt32(), 400, 499);
    }

    private static async Task<Tab> OpenAsync(CookieBrowser browser)
    {
        var answer = await browser.SendAsync(HttpMethod.Get, Events);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        return new Tab(answer, new StreamReader(await answer.Content.ReadAsStreamAsync()));
    }

    private sealed record Tab(HttpResponseMessage Answer, StreamReader Reader) : IDisposable
    {
        public async Task<string?> LineAsync() => await Reader.ReadLineAsync().WaitAsync(Patience);

        /// <summary>Reads up to an event.</summary>
        public async Task<string> DataOf(string name)
        {
            while (await LineAsync() is { } line)
            {
                if (line == $"event: {name}")
                    return (await LineAsync())!;
            }

            throw new InvalidOperationException($"The stream ended before {name}.");
        }

        public void Dispose()
        {
            Reader.Dispose();
            Answer.Dispose();
        }
    }
}
