using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Portico.Domain.Users;
using Portico.IntegrationTests.Conventions;
using Portico.Testing;

namespace Portico.IntegrationTests.Gateway;

/// <summary>Services that speak HTTP, published by settings alone.</summary>
[Collection(GatewayTestGroup.Name)]
public sealed class GatewayTests(GatewayWorld world) : GatewayClientTests(world)
{
    private const string OwnTraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [Fact]
    public async Task Passes_a_request_and_its_answer()
    {
        var path = Service.On(context =>
        {
            context.Response.StatusCode = 201;
            context.Response.Headers.Location = $"{Service.Address}items/7?x=1";
            context.Response.Headers.ETag = "\"v1\"";
            return context.Response.WriteAsync("made");
        });
        using var answer = await Person.SendAsync(
            HttpMethod.Post, $"{Api}/reports{path}?a=1&b=%C3%BC", new { name = "ü" }, ("traceparent", OwnTraceParent),
            ("Idempotency-Key", "k1"), ("X-Request-Id", "r-1"));

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("made", await answer.Content.ReadAsStringAsync());
        Assert.Equal($"{Api}/reports/items/7?x=1", answer.Header("Location"));
        Assert.Equal("\"v1\"", answer.Header("ETag"));
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        Assert.NotEqual("", answer.Header("RateLimit"));
        var arrived = Assert.Single(Service.At(path));
        Assert.Equal(("POST", $"{path}?a=1&b=%C3%BC", """{"name":"\u00FC"}"""), (arrived.Method, arrived.Target, arrived.Body));
        Assert.Equal("application/json; charset=utf-8", arrived.Header("Content-Type"));
        Assert.Equal(("k1", "r-1"), (arrived.Header("Idempotency-Key"), arrived.Header("X-Request-Id")));
        Assert.StartsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-", arrived.Header("traceparent"), StringComparison.Ordinal);
        Assert.Equal(Service.Address.Authority, arrived.Header("Host"));
        Assert.Equal($"{Api}/reports", arrived.Header("X-Forwarded-Prefix"));
        Assert.Equal("127.0.0.1", arrived.Header("X-Forwarded-For"));
        Assert.Equal(World.App.Api.Authority, arrived.Header("X-Forwarded-Host"));
    }

    [Fact]
    public async Task Names_the_caller_by_a_token_that_the_service_verifies_by_itself_and_that_portico_refuses()
    {
        var path = Service.On(async context => await context.Response.WriteAsync(await RecordingService.Caller(context) ?? "nobody"));
        Assert.Equal($"{Person.Id}", await (await Person.GetAsync($"{Api}/reports{path}")).Content.ReadAsStringAsync());
        Assert.Equal("nobody", await World.App.Client.GetStringAsync($"{Api}/open{path}"));

        var token = Assert.Single(Service.At(path), arrival => arrival.Header("Authorization") is not null).Header("Authorization")!;
        Assert.DoesNotContain(Person.AccessToken, token, StringComparison.Ordinal);
        using var replay = new HttpRequestMessage(HttpMethod.Get, $"{Api}/users/me");
        replay.Headers.TryAddWithoutValidation("Authorization", token);
        await World.App.Client.SendAsync(replay).Problem(HttpStatusCode.Unauthorized, "unauthenticated");

        // One signature serves the calls of half a minute.
        await Person.GetAsync($"{Api}/reports{path}");
        Assert.Equal(token, Service.At(path)[^1].Header("Authorization"));
    }

    [Fact]
    public async Task Passes_the_token_of_the_caller_or_none_where_the_route_says_so()
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        await Person.GetAsync($"{Api}/passed{path}");
        await Person.GetAsync($"{Api}/unnamed{path}");
        Assert.Equal([$"Bearer {Person.AccessToken}", null], Service.At(path).Select(arrival => arrival.Header("Authorization")));
    }

    [Fact]
    public async Task Lets_in_only_whom_the_route_allows_and_nobody_whose_session_has_ended()
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        await World.App.Client.GetAsync($"{Api}/reports{path}").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await Person.GetAsync($"{Api}/managed{path}").Problem(HttpStatusCode.Forbidden, "forbidden");
        Assert.Empty(Service.At(path));

        var manager = await World.App.SignUpAsync(Role.Manager);
        Assert.Equal(HttpStatusCode.OK, (await manager.GetAsync($"{Api}/managed{path}")).StatusCode);
        await manager.SendAsync(HttpMethod.Post, $"{Api}/auth/logout").Json(HttpStatusCode.NoContent);
        await manager.GetAsync($"{Api}/managed{path}").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Single(Service.At(path));
    }

    [Fact]
    public async Task Counts_the_requests_of_a_caller_to_the_service()
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        using var first = await Person.GetAsync($"{Api}/limited{path}");
        Assert.Contains($"\"limited-requests\";q={GatewayWorld.Limit};w=60", first.Header("RateLimit-Policy"), StringComparison.Ordinal);
        for (var n = 1; n < GatewayWorld.Limit; n++)
            (await Person.GetAsync($"{Api}/limited{path}")).Dispose();
        using var refused = await Person.GetAsync($"{Api}/limited{path}");
        await refused.Problem(HttpStatusCode.TooManyRequests, "too_many_requests");
        Assert.NotEqual("", refused.Header("Retry-After"));
        Assert.Equal(GatewayWorld.Limit, Service.At(path).Length);

        var other = await World.App.SignUpAsync();
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync($"{Api}/limited{path}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Person.GetAsync($"{Api}/reports{path}")).StatusCode);
    }

    [Fact]
    public async Task Removes_what_an_answer_must_not_do_to_the_whole_origin()
    {
        string[] harmful =
        [
            "Set-Cookie", "X-Powered-By", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Clear-Site-Data", "Alt-Svc",
            "Strict-Transport-Security", "Refresh", "X-Internal-Host",
        ];
        var path = Service.On(context =>
        {
            foreach (var name in harmful)
                context.Response.Headers[name] = "x";
            context.Response.Headers.ContentSecurityPolicy = "default-src *";
            context.Response.Headers["X-Request-Id"] = "theirs";
            context.Response.Headers["X-Total-Count"] = "3";
            context.Response.Headers.CacheControl = "public, max-age=60, s-maxage=600";
            return context.Response.WriteAsync("<script>alert(1)</script>");
        });
        using var answer = await Person.GetAsync($"{Api}/reports{path}");
        Assert.All(harmful, name => Assert.Equal("", answer.Header(name)));
        Assert.Equal("", answer.Header("Server"));
        Assert.Equal("", answer.Header("X-Total-Count"));
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", answer.Header("Content-Security-Policy"));
        Assert.NotEqual("theirs", answer.Header("X-Request-Id"));
        // A shared cache must not keep what somebody got who is signed in.
        Assert.Equal("max-age=60, private", answer.Header("Cache-Control"));

        using var passed = await Person.GetAsync($"{Api}/passed{path}");
        Assert.Equal("3", passed.Header("X-Total-Count"));
        using var open = await World.App.Client.GetAsync($"{Api}/open{path}");
        Assert.Contains("public", open.Header("Cache-Control"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_events_as_they_come_until_the_session_ends()
    {
        var next = new SemaphoreSlim(0);
        var path = Service.On(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            for (var n = 0; ; n++)
            {
                await next.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync($"data: {n}\n\n");
                await context.Response.Body.FlushAsync();
            }
        });
        // The first request of a process compiles code, for longer than the route allows on a slow machine.
        var quick = Service.On(context => context.Response.WriteAsync("ready"));
        await Eventually.Holds(
            async () =>
            {
                using var ready = await Person.GetAsync($"{Api}/slow{quick}");
                return ready.StatusCode == HttpStatusCode.OK;
            },
            "the route answers in time");

        // Longer than the timeout of the route, which holds for the head.
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Api}/slow{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Person.AccessToken);
        using var stream = await World.App.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        var started = Stopwatch.GetTimestamp();
        for (var n = 0; Stopwatch.GetElapsedTime(started) < 2 * GatewayWorld.ShortTimeout; n++)
        {
            next.Release();
            Assert.Equal($"data: {n}", await reader.ReadLineAsync());
            Assert.Equal("", await reader.ReadLineAsync());
        }

        await Person.SendAsync(HttpMethod.Post, $"{Api}/auth/logout").Json(HttpStatusCode.NoContent);
        next.Release();
        await Assert.ThrowsAnyAsync<IOException>(async () => Assert.Null(await reader.ReadLineAsync()));
    }

    [Fact]
    public async Task Ends_open_streams_when_it_stops_and_does_not_wait_for_them()
    {
        var path = Service.On(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        });
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
            {
                ["Gateway:Routes:live:Address"] = Service.Address.ToString(),
                ["Gateway:Routes:live:Anonymous"] = "true",
                ["Limits:RequestTimeout"] = "00:05:00",
                ["Shutdown:Timeout"] = "00:01:00",
            },
        });
        using var stream = await app.Client.GetAsync($"{Api}/live{path}", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);

        await app.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Refuses_more_open_streams_than_the_setting_allows()
    {
        var end = new TaskCompletionSource();
        var path = Service.On(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await end.Task;
        });
        var open = new List<HttpResponseMessage>();
        await Eventually.Holds(
            async () =>
            {
                open.Add(await World.App.Client.GetAsync($"{Api}/open{path}", HttpCompletionOption.ResponseHeadersRead));
                return open[^1].StatusCode == HttpStatusCode.ServiceUnavailable;
            },
            "the limit of streams");
        Assert.InRange(open.Count, 2, 4);
        end.SetResult();
        open.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Refuses_a_large_body_before_the_service_sees_it()
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        var large = new byte[65_537];
        foreach (var isChunked in (bool[])[false, true])
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"{Api}/reports{path}") { Content = new ByteArrayContent(large) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Person.AccessToken);
            request.Headers.TransferEncodingChunked = isChunked;
            await World.App.Client.SendAsync(request).Problem(HttpStatusCode.RequestEntityTooLarge, "body_too_large");
        }

        Assert.Empty(Service.At(path));
    }

    [Fact]
    public async Task Appends_the_path_to_that_of_the_address_and_answers_unknown_names_and_versions()
    {
        using var root = await Person.GetAsync($"{Api}/based");
        using var below = await Person.GetAsync($"{Api}/BASED/items/a%20b?q");
        Assert.Equal("/base", (await root.Body()).Text("path"));
        Assert.Equal("/base/items/a b", (await below.Body()).Text("path"));
        Assert.Equal("/base/items/a%20b?q", Assert.Single(Service.At("/base/items/a b")).Target);

        await Person.GetAsync($"{Api}/basedon").Problem(HttpStatusCode.NotFound, "not_found");
        await Person.GetAsync("/api/v2/based").Problem(HttpStatusCode.NotFound, "not_found");
        await Person.SendAsync(
            HttpMethod.Post, $"{Api}/batch", new { requests = new[] { new { path = $"{Api}/based" } } }).Json(HttpStatusCode.OK);
        Assert.Single(Service.At("/base"));
    }

    [Fact]
    public async Task Describes_no_service_that_is_not_its_own()
    {
        var document = await World.App.Client.GetStringAsync("/openapi/v1.json");
        Assert.DoesNotContain("/reports", document, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Measures_by_service_and_outcome()
    {
        (await Person.GetAsync($"{Api}/based/measured")).Dispose();
        using var client = new HttpClient();
        var metrics = Exposition.Parse(await client.GetStringAsync(new Uri(World.App.Management, "/metrics")));
        Assert.True(metrics.Value("portico_gateway_request_duration_seconds_count", "outcome=\"ok\",service=\"based\"") > 0);
    }
}
