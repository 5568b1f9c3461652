using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Portico.Domain.Users;
using Portico.IntegrationTests.Conventions;
using Portico.Testing;

namespace Portico.IntegrationTests.Gateway;

/// <summary>Services that speak HTTP, published by settings alone.</summary>
[Collection(GatewayTestGroup.Name)]
public sealed class GatewayTests(GatewayWorld world) : IAsyncLifetime
{
    private const string Api = "/api/v1";
    private const string OwnTraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private TestPerson _person = null!;

    private RecordingService Service => world.Service;

    public async Task InitializeAsync() => _person = await world.App.SignUpAsync();

    public Task DisposeAsync() => Task.CompletedTask;

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
        using var answer = await _person.SendAsync(
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
        Assert.Equal(world.App.Api.Authority, arrived.Header("X-Forwarded-Host"));
    }

    [Fact]
    public async Task Names_the_caller_by_a_token_that_the_service_verifies_by_itself_and_that_portico_refuses()
    {
        var path = Service.On(async context => await context.Response.WriteAsync(await RecordingService.Caller(context) ?? "nobody"));
        Assert.Equal($"{_person.Id}", await (await _person.GetAsync($"{Api}/reports{path}")).Content.ReadAsStringAsync());
        Assert.Equal("nobody", await world.App.Client.GetStringAsync($"{Api}/open{path}"));

        var token = Assert.Single(Service.At(path), arrival => arrival.Header("Authorization") is not null).Header("Authorization")!;
        Assert.DoesNotContain(_person.AccessToken, token, StringComparison.Ordinal);
        using var replay = new HttpRequestMessage(HttpMethod.Get, $"{Api}/users/me");
        replay.Headers.TryAddWithoutValidation("Authorization", token);
        await world.App.Client.SendAsync(replay).Problem(HttpStatusCode.Unauthorized, "unauthenticated");

        // One signature serves the calls of half a minute.
        await _person.GetAsync($"{Api}/reports{path}");
        Assert.Equal(token, Service.At(path)[^1].Header("Authorization"));
    }

    [Fact]
    public async Task Passes_the_token_of_the_caller_or_none_where_the_route_says_so()
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        await _person.GetAsync($"{Api}/passed{path}");
        await _person.GetAsync($"{Api}/unnamed{path}");
        Assert.Equal([$"Bearer {_person.AccessToken}", null], Service.At(path).Select(arrival => arrival.Header("Authorization")));
    }

    [Fact]
    public async Task Lets_in_only_whom_the_route_allows_and_nobody_whose_session_has_ended()
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        await world.App.Client.GetAsync($"{Api}/reports{path}").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await _person.GetAsync($"{Api}/managed{path}").Problem(HttpStatusCode.Forbidden, "forbidden");
        Assert.Empty(Service.At(path));

        var manager = await world.App.SignUpAsync(Role.Manager);
        Assert.Equal(HttpStatusCode.OK, (await manager.GetAsync($"{Api}/managed{path}")).StatusCode);
        await manager.SendAsync(HttpMethod.Post, $"{Api}/auth/logout").Json(HttpStatusCode.NoContent);
        await manager.GetAsync($"{Api}/managed{path}").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Single(Service.At(path));
    }

    [Fact]
    public async Task Counts_the_requests_of_a_caller_to_the_service()
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        using var first = await _person.GetAsync($"{Api}/limited{path}");
        Assert.Contains($"\"limited-requests\";q={GatewayWorld.Limit};w=60", first.Header("RateLimit-Policy"), StringComparison.Ordinal);
        for (var n = 1; n < GatewayWorld.Limit; n++)
            (await _person.GetAsync($"{Api}/limited{path}")).Dispose();
        using var refused = await _person.GetAsync($"{Api}/limited{path}");
        await refused.Problem(HttpStatusCode.TooManyRequests, "too_many_requests");
        Assert.NotEqual("", refused.Header("Retry-After"));
        Assert.Equal(GatewayWorld.Limit, Service.At(path).Length);

        var other = await world.App.SignUpAsync();
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync($"{Api}/limited{path}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _person.GetAsync($"{Api}/reports{path}")).StatusCode);
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
        using var answer = await _person.GetAsync($"{Api}/reports{path}");
        Assert.All(harmful, name => Assert.Equal("", answer.Header(name)));
        Assert.Equal("", answer.Header("Server"));
        Assert.Equal("", answer.Header("X-Total-Count"));
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", answer.Header("Content-Security-Policy"));
        Assert.NotEqual("theirs", answer.Header("X-Request-Id"));
        // A shared cache must not keep what somebody got who is signed in.
        Assert.Equal("max-age=60, private", answer.Header("Cache-Control"));

        using var passed = await _person.GetAsync($"{Api}/passed{path}");
        Assert.Equal("3", passed.Header("X-Total-Count"));
        using var open = await world.App.Client.GetAsync($"{Api}/open{path}");
        Assert.Contains("public", open.Header("Cache-Control"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500, "text/html", HttpStatusCode.BadGateway, "service_failed")]
    [InlineData(501, "application/json", HttpStatusCode.BadGateway, "service_failed")]
    [InlineData(502, "text/plain", HttpStatusCode.BadGateway, "service_failed")]
    [InlineData(503, "text/plain", HttpStatusCode.ServiceUnavailable, "dependency_unavailable")]
    [InlineData(504, "text/plain", HttpStatusCode.GatewayTimeout, "timeout")]
    [InlineData(404, "text/html", HttpStatusCode.NotFound, "not_found")]
    [InlineData(429, "text/plain", HttpStatusCode.TooManyRequests, "too_many_requests")]
    [InlineData(401, "application/json", HttpStatusCode.BadGateway, "service_failed")]
    [InlineData(407, "application/json", HttpStatusCode.BadGateway, "service_failed")]
    public async Task Answers_errors_of_the_service_as_problem_details(int status, string type, HttpStatusCode expected, string code)
    {
        var path = Service.On(context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = type;
            context.Response.Headers.RetryAfter = "7";
            return context.Response.WriteAsync("at Some.Service.Method() in /src/Secret.cs:line 12");
        });
        using var answer = await _person.GetAsync($"{Api}/reports{path}");
        var problem = await answer.Problem(expected, code);
        Assert.DoesNotContain("Secret", problem.GetRawText(), StringComparison.Ordinal);
        if (status is 429 or 503)
            Assert.Equal("7", answer.Header("Retry-After"));
    }

    [Theory]
    [InlineData(422, "application/json")]
    [InlineData(409, "application/vnd.reports+json")]
    [InlineData(500, "application/problem+json")]
    public async Task Passes_what_a_service_says_about_a_request_in_json(int status, string type)
    {
        var path = Service.On(context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = type;
            return context.Response.WriteAsync("""{"code":"theirs"}""");
        });
        using var answer = await _person.GetAsync($"{Api}/reports{path}");
        Assert.Equal((status, type), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal("theirs", (await answer.Body()).Text("code"));
    }

    [Fact]
    public async Task Fills_an_empty_error_and_keeps_the_methods_that_the_service_takes()
    {
        var path = Service.On(context =>
        {
            context.Response.StatusCode = 405;
            context.Response.Headers.Allow = "GET, PUT";
            return Task.CompletedTask;
        });
        using var answer = await _person.SendAsync(HttpMethod.Delete, $"{Api}/reports{path}");
        await answer.Problem(HttpStatusCode.MethodNotAllowed, "method_not_allowed");
        Assert.Equal("GET, PUT", answer.Header("Allow"));
    }

    [Fact]
    public async Task Says_that_a_service_is_away()
    {
        using var answer = await _person.GetAsync($"{Api}/away/x");
        await answer.Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
        Assert.NotEqual("", answer.Header("Retry-After"));
        // No body after the head, and half of a body that was to be kept: the client has nothing yet.
        var headOnly = Service.On(async context =>
        {
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        await _person.GetAsync($"{Api}/reports{headOnly}").Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
        var half = Service.On(async context =>
        {
            await context.Response.Body.WriteAsync(new byte[100]);
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        await _person.GetAsync($"{Api}/cached{half}").Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
    }

    [Fact]
    public async Task Shows_a_client_that_the_answer_it_has_begun_to_read_is_not_whole()
    {
        var begun = new TaskCompletionSource();
        var path = Service.On(async context =>
        {
            await context.Response.Body.WriteAsync(new byte[100]);
            await context.Response.Body.FlushAsync();
            await begun.Task;
            context.Abort();
        });
        using var answer = await world.App.Client.GetAsync($"{Api}/open{path}", HttpCompletionOption.ResponseHeadersRead);
        var body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[100]);
        begun.SetResult();
        await Assert.ThrowsAnyAsync<IOException>(async () => Assert.NotEqual(0, await body.ReadAsync(new byte[1])));
    }

    [Fact]
    public async Task Ends_a_call_after_the_timeout_of_the_route()
    {
        var left = new TaskCompletionSource();
        var path = Service.On(async context =>
        {
            context.RequestAborted.Register(left.SetResult);
            await left.Task;
        });
        var started = Stopwatch.GetTimestamp();
        await _person.GetAsync($"{Api}/slow{path}").Problem(HttpStatusCode.GatewayTimeout, "timeout");
        Assert.InRange(Stopwatch.GetElapsedTime(started), GatewayWorld.ShortTimeout, TimeSpan.FromSeconds(5));
        await left.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Leaves_a_failing_service_alone_until_it_is_back()
    {
        var isBroken = true;
        var path = Service.On(context =>
        {
            context.Response.StatusCode = isBroken ? 503 : 200;
            return context.Response.WriteAsync("x");
        });
        var calls = -1;
        await Eventually.Holds(
            async () =>
            {
                calls = Service.At(path).Length;
                await _person.GetAsync($"{Api}/breaking{path}").Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
                return Service.At(path).Length == calls;
            },
            "the breaker to open");
        isBroken = false;
        await Eventually.Holds(
            async () => (await _person.GetAsync($"{Api}/breaking{path}")).StatusCode == HttpStatusCode.OK, "the breaker to close");
    }

    [Fact]
    public async Task Failures_that_a_client_can_cause_do_not_open_the_breaker()
    {
        var path = Service.On(context =>
        {
            context.Response.StatusCode = int.Parse(context.Request.Query["s"].ToString());
            return context.Response.WriteAsync("x");
        });
        for (var n = 0; n < 12; n++)
        {
            (await _person.GetAsync($"{Api}/breaking{path}?s=500")).Dispose();
            // Bytes that are not ASCII, which the client of the gateway could refuse to send.
            await world.RawAsync(
                $"GET {Api}/breaking{path}?s=400 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: \u00c3\u00bc\r\n"
                + $"Authorization: Bearer {_person.AccessToken}\r\n\r\n");
        }

        Assert.Equal(24, Service.At(path).Length);
    }

    [Fact]
    public async Task Keeps_an_answer_for_the_same_caller_only_and_until_their_own_change()
    {
        var other = await world.App.SignUpAsync();
        var calls = 0;
        var path = Service.On(context =>
        {
            context.Response.Headers.ETag = "\"a\"";
            context.Response.Headers.Vary = "Accept-Language";
            return context.Response.WriteAsync($"answer {Interlocked.Increment(ref calls)}");
        });

        using var miss = await _person.GetAsync($"{Api}/cached{path}?q=1");
        Assert.Equal("Portico; fwd=uri-miss; stored", miss.Header("Cache-Status"));
        using var hit = await _person.GetAsync($"{Api}/cached{path}?q=1");
        Assert.Equal("answer 1", await hit.Content.ReadAsStringAsync());
        Assert.StartsWith("Portico; hit; ttl=", hit.Header("Cache-Status"), StringComparison.Ordinal);
        Assert.Equal(("0", "\"a\"", "no-store"), (hit.Header("Age"), hit.Header("ETag"), hit.Header("Cache-Control")));
        using var unchanged = await _person.SendAsync(HttpMethod.Get, $"{Api}/cached{path}?q=1", null, ("If-None-Match", "\"a\""));
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);

        Assert.Equal("answer 2", await Text(_person, $"{path}?q=2"));
        Assert.Equal("answer 3", await Text(other, $"{path}?q=1"));
        Assert.Equal("answer 4", await Text(_person, $"{path}?q=1", ("Accept-Language", "de")));
        Assert.Equal("answer 5", await Text(_person, $"{path}?q=2", ("Cache-Control", "no-cache")));
        Assert.Equal("answer 5", await Text(_person, $"{path}?q=2"));
        (await _person.SendAsync(HttpMethod.Post, $"{Api}/cached/changed", new { })).Dispose();
        Assert.Equal("answer 6", await Text(_person, $"{path}?q=2"));
    }

    [Fact]
    public async Task Gives_an_answer_for_one_stranger_to_nobody_else()
    {
        var calls = 0;
        var path = Service.On(context =>
        {
            if (context.Request.Query["control"] is [{ } control])
                context.Response.Headers.CacheControl = control;
            return context.Response.WriteAsync($"{Interlocked.Increment(ref calls)} {context.Request.Headers.Cookie}");
        });

        // What depends on nothing is the same for all strangers.
        Assert.Equal(["1 ", "1 "], [await Get(""), await Get("")]);
        Assert.Equal(["2 ", "3 "], [await Get("?control=private,max-age=60"), await Get("?control=private,max-age=60")]);
        // A cookie names a stranger to the service.
        Assert.Equal(["4 s=ada", "5 s=ben", "1 "], [await Get("", "s=ada"), await Get("", "s=ben"), await Get("")]);
        Assert.Equal(["6 s=ada", "7 "], [await Get("?q", "s=ada"), await Get("?q")]);

        async Task<string> Get(string query, string? cookie = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{Api}/shared{path}{query}");
            if (cookie is not null)
                request.Headers.Add("Cookie", cookie);
            using var answer = await world.App.Client.SendAsync(request);
            return await answer.Content.ReadAsStringAsync();
        }
    }

    [Theory]
    [InlineData("Cache-Control", "no-store")]
    [InlineData("Cache-Control", "no-cache")]
    [InlineData("Cache-Control", "max-age=0")]
    [InlineData("Vary", "*")]
    [InlineData("Set-Cookie", "a=b")]
    [InlineData("status", "404")]
    public async Task Keeps_no_answer_that_must_not_be_used_again(string header, string value)
    {
        var path = Service.On(context =>
        {
            if (header == "status")
                context.Response.StatusCode = int.Parse(value);
            else
                context.Response.Headers[header] = value;
            return context.Response.WriteAsJsonAsync(new { });
        });
        for (var n = 0; n < 2; n++)
        {
            using var answer = await _person.GetAsync($"{Api}/cached{path}");
            Assert.Equal("", answer.Header("Cache-Status"));
        }

        Assert.Equal(2, Service.At(path).Length);
    }

    [Fact]
    public async Task Passes_a_large_answer_whole_and_does_not_keep_it()
    {
        var bytes = new byte[3 * 1024 * 1024];
        new Random(1).NextBytes(bytes);
        var path = Service.On(async context => await context.Response.Body.WriteAsync(bytes));
        for (var n = 0; n < 2; n++)
        {
            using var answer = await _person.GetAsync($"{Api}/cached{path}");
            Assert.Equal(bytes, await answer.Content.ReadAsByteArrayAsync());
        }

        Assert.Equal(2, Service.At(path).Length);
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
        // Longer than the timeout of the route, which holds for the head.
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Api}/slow{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _person.AccessToken);
        using var stream = await world.App.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        var started = Stopwatch.GetTimestamp();
        for (var n = 0; Stopwatch.GetElapsedTime(started) < 2 * GatewayWorld.ShortTimeout; n++)
        {
            next.Release();
            Assert.Equal($"data: {n}", await reader.ReadLineAsync());
            Assert.Equal("", await reader.ReadLineAsync());
        }

        await _person.SendAsync(HttpMethod.Post, $"{Api}/auth/logout").Json(HttpStatusCode.NoContent);
        next.Release();
        await Assert.ThrowsAnyAsync<IOException>(async () => Assert.Null(await reader.ReadLineAsync()));
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
                open.Add(await world.App.Client.GetAsync($"{Api}/open{path}", HttpCompletionOption.ResponseHeadersRead));
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
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _person.AccessToken);
            request.Headers.TransferEncodingChunked = isChunked;
            await world.App.Client.SendAsync(request).Problem(HttpStatusCode.RequestEntityTooLarge, "body_too_large");
        }

        Assert.Empty(Service.At(path));
    }

    [Fact]
    public async Task Appends_the_path_to_that_of_the_address_and_answers_unknown_names_and_versions()
    {
        using var root = await _person.GetAsync($"{Api}/based");
        using var below = await _person.GetAsync($"{Api}/BASED/items/a%20b?q");
        Assert.Equal("/base", (await root.Body()).Text("path"));
        Assert.Equal("/base/items/a b", (await below.Body()).Text("path"));
        Assert.Equal("/base/items/a%20b?q", Assert.Single(Service.At("/base/items/a b")).Target);

        await _person.GetAsync($"{Api}/basedon").Problem(HttpStatusCode.NotFound, "not_found");
        await _person.GetAsync("/api/v2/based").Problem(HttpStatusCode.NotFound, "not_found");
        await _person.SendAsync(
            HttpMethod.Post, $"{Api}/batch", new { requests = new[] { new { path = $"{Api}/based" } } }).Json(HttpStatusCode.OK);
        Assert.Single(Service.At("/base"));
    }

    [Fact]
    public async Task Describes_no_service_that_is_not_its_own()
    {
        var document = await world.App.Client.GetStringAsync("/openapi/v1.json");
        Assert.DoesNotContain("/reports", document, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Measures_by_service_and_outcome()
    {
        (await _person.GetAsync($"{Api}/based/measured")).Dispose();
        using var client = new HttpClient();
        var metrics = Exposition.Parse(await client.GetStringAsync(new Uri(world.App.Management, "/metrics")));
        Assert.True(metrics.Value("portico_gateway_request_duration_seconds_count", "outcome=\"ok\",service=\"based\"") > 0);
    }

    private static async Task<string> Text(TestPerson person, string path, params (string Name, string Value)[] headers)
    {
        using var answer = await person.SendAsync(HttpMethod.Get, $"{Api}/cached{path}", null, headers);
        return await answer.Content.ReadAsStringAsync();
    }
}
