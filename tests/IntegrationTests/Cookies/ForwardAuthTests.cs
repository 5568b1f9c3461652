using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Portico.DevStack;
using Portico.Domain.Users;
using Portico.IntegrationTests.Conventions;
using Portico.IntegrationTests.Gateway;
using Portico.Testing;

namespace Portico.IntegrationTests.Cookies;

/// <summary>The answers of <c>auth/verify</c>, and services behind nginx and Caddy with the configurations of the documentation.</summary>
[Collection(CookieWorld.Tests.Name)]
public sealed class ForwardAuthTests(CookieWorld world)
{
    private const string Verify = "/api/v1/auth/verify";
    private const int Checks = 200;
    private const int CommandsASecond = 10;

    private static readonly string[] Names = ["User", "Session", "Roles", "Permissions"];

    [Fact]
    public async Task Names_the_caller_of_a_token_and_of_a_cookie()
    {
        var manager = await world.App.SignUpAsync(Role.Manager);
        using var answer = await manager.GetAsync(Verify);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("", await answer.Content.ReadAsStringAsync());
        Assert.Equal(manager.Id.ToString(), Field(answer, "User"));
        Assert.Equal(manager.SessionId.ToString(), Field(answer, "Session"));
        Assert.Equal("manager,user", Field(answer, "Roles"));
        // A page has many requests, which count for no limit.
        Assert.False(answer.Headers.Contains("RateLimit"));
        var check = await manager.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        Assert.Equal(
            string.Join(',', check.GetProperty("permissions").EnumerateArray().Select(permission => permission.GetString())),
            Field(answer, "Permissions"));

        var (browser, person) = await world.SignedInAsync();
        using var byCookie = await browser.SendAsync(HttpMethod.Get, Verify);
        Assert.Equal(HttpStatusCode.OK, byCookie.StatusCode);
        Assert.Equal(person.Id.ToString(), Field(byCookie, "User"));
        // A user without permissions: the field is there all the same.
        Assert.Equal("user", Field(byCookie, "Roles"));
        Assert.NotNull(Field(byCookie, "Permissions"));
    }

    [Fact]
    public async Task Refuses_nobody_and_who_lacks_the_permission()
    {
        var person = await world.App.SignUpAsync();
        var admin = await world.App.SignUpAsync(Role.Admin);
        const string audit = $"{Verify}?permission=audit.read";
        await world.App.Client.GetAsync(Verify).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await person.With("nonsense").GetAsync(Verify).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await person.GetAsync(audit).Problem(HttpStatusCode.Forbidden, "forbidden");
        await admin.GetAsync(audit).Json(HttpStatusCode.OK);
        await admin.GetAsync($"{Verify}?permission=no.such").Problem(HttpStatusCode.Forbidden, "forbidden");

        await person.SendAsync(HttpMethod.Post, "/api/v1/auth/logout").Json(HttpStatusCode.NoContent);
        await person.GetAsync(Verify).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Theory]
    [InlineData("permision=audit.read", "permision")]
    [InlineData("permission=", "permission")]
    [InlineData("permission=%20", "permission")]
    [InlineData("permission=audit.read&permission=users.read", "permission")]
    [InlineData("permission=audit.read&role=admin", "role")]
    public async Task A_mistake_in_the_question_lets_nobody_through(string query, string field)
    {
        var admin = await world.App.SignUpAsync(Role.Admin);
        var problem = await admin.GetAsync($"{Verify}?{query}").Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal([field], problem.Fields());
        await world.App.Client.GetAsync($"{Verify}?{query}").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Forwarded_fields_change_nothing()
    {
        var person = await world.App.SignUpAsync();
        (string, string)[] fields =
        [
            ("X-Forwarded-Method", "OPTIONS"), ("X-Forwarded-Uri", "/health/live"), ("X-Forwarded-Host", "127.0.0.1"),
            ("X-Forwarded-Prefix", "/public"), ("X-Original-URI", "/health/live"), ("X-Original-URL", "/health/live"),
            ("X-Rewrite-URL", "/health/live"), ("X-HTTP-Method-Override", "OPTIONS"), ("Forwarded", "for=127.0.0.1;host=localhost"),
            ("X-Real-IP", "127.0.0.1"), ("X-Portico-User", Guid.NewGuid().ToString()), ("X-Portico-Roles", "admin"),
        ];
        using var nobody = new HttpRequestMessage(HttpMethod.Get, Verify);
        foreach (var (name, value) in fields)
            nobody.Headers.TryAddWithoutValidation(name, value);
        await world.App.Client.SendAsync(nobody).Problem(HttpStatusCode.Unauthorized, "unauthenticated");

        using var answer = await person.SendAsync(HttpMethod.Get, Verify, null, fields);
        Assert.Equal(person.Id.ToString(), Field(answer, "User"));
        Assert.Equal("user", Field(answer, "Roles"));
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("text/html")]
    [InlineData("image/png, application/json;q=0")]
    public async Task Answers_whatever_the_client_accepts_of_the_service(string accept)
    {
        var person = await world.App.SignUpAsync();
        using var answer = await person.SendAsync(HttpMethod.Get, Verify, null, ("Accept", accept));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(person.Id.ToString(), Field(answer, "User"));
        await person.SendAsync(HttpMethod.Get, $"{Verify}?permission=audit.read", null, ("Accept", accept))
            .Problem(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task With_a_cookie_a_request_that_names_an_origin_is_judged_like_a_change()
    {
        var browser = (await world.SharedAsync()).At(world.App);
        await browser.SendRawAsync(HttpMethod.Get, Verify, null, ("Origin", world.Origin), ("X-CSRF", "1")).Json(HttpStatusCode.OK);
        await browser.SendRawAsync(HttpMethod.Get, Verify, null, ("Origin", world.Origin))
            .Problem(HttpStatusCode.Forbidden, "cross_site_request");
        await browser.SendRawAsync(HttpMethod.Get, Verify, null, ("Origin", "https://evil.example.com"), ("X-CSRF", "1"))
            .Problem(HttpStatusCode.Forbidden, "cross_site_request");
    }

    [Theory]
    [InlineData("token")]
    [InlineData("cookie")]
    public async Task A_check_of_a_known_caller_needs_no_round_trip(string how)
    {
        var (browser, person) = await world.SignedInAsync();
        Task<HttpResponseMessage> Ask(string traceparent) => how == "token"
            ? person.SendAsync(HttpMethod.Get, Verify, null, ("traceparent", traceparent))
            : browser.SendRawAsync(HttpMethod.Get, Verify, null, ("traceparent", traceparent));

        // A call to PostgreSQL has the trace of the request that made it, and Redis tells what it is asked.
        ConcurrentBag<ActivityTraceId> queries = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Npgsql" or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.Source.Name == "Npgsql")
                    queries.Add(activity.TraceId);
            },
        };
        ActivitySource.AddActivityListener(listener);
        using (var first = await Ask($"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-01"))
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var redis = new RedisMonitor(world.App.Stack.Redis.Port, world.App.Settings["Redis:KeyPrefix"]!);
        await redis.StartAsync();

        var started = Stopwatch.GetTimestamp();
        var asked = new HashSet<ActivityTraceId>();
        for (var n = 0; n < Checks; n++)
        {
            var trace = ActivityTraceId.CreateRandom();
            asked.Add(trace);
            using var answer = await Ask($"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        // The token version of a user is read once a second at most, and the list of revoked sessions and the counts of requests a few
        // times, for all requests together.
        var seconds = (int)Stopwatch.GetElapsedTime(started).TotalSeconds + 1;
        Assert.InRange(queries.Where(asked.Contains).Distinct().Count(), 0, seconds);
        Assert.InRange(redis.Count, 0, Math.Max(Checks / 2, CommandsASecond * seconds));
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddy")]
    public async Task A_service_behind_a_proxy_gets_the_caller_and_nothing_that_a_client_made_up(string proxy)
    {
        await using var server = await ProxyServer.StartAsync(proxy, world.App.Api, world.Service.Address);
        var person = await world.App.SignUpAsync();
        var path = world.Service.On(context => context.Response.WriteAsJsonAsync(new { ok = true }));
        (string, string)[] lies =
        [
            .. Names.SelectMany(name => ((string[])[
                $"X-Portico-{name}", $"x-portico-{name}".ToLowerInvariant(), $"X-PORTICO-{name}".ToUpperInvariant(),
                $"X_Portico_{name}", $"X-Portico_{name}", $"X_Portico-{name}", $"x_portico_{name}".ToLowerInvariant()])
                .Select(field => (field, "a lie"))),
            ("X-Portico-User", "another lie"),
        ];

        async Task<HttpStatusCode> Ask(HttpMethod method, params (string, string)[] headers)
        {
            using var request = new HttpRequestMessage(method, path);
            foreach (var (name, value) in lies.Concat(headers))
                request.Headers.TryAddWithoutValidation(name, value);
            if (method == HttpMethod.Post)
                request.Content = JsonContent.Create(new { amount = 1 });
            using var answer = await server.Client.SendAsync(request);
            return answer.StatusCode;
        }

        // Nobody reaches the service, whatever the fields say.
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(HttpMethod.Get));
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(HttpMethod.Get, ("Authorization", "Bearer nonsense")));
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            await Ask(
                HttpMethod.Get,
                ("X-Forwarded-Uri", "/health/live"), ("X-Original-URI", "/health/live"), ("X-Forwarded-Method", "OPTIONS")));
        Assert.Empty(world.Service.At(path));

        Assert.Equal(HttpStatusCode.OK, await Ask(HttpMethod.Post, ("Authorization", $"Bearer {person.AccessToken}"), ("Cookie", "own=1")));
        var arrival = Assert.Single(world.Service.At(path));
        Assert.Equal("""{"amount":1}""", arrival.Body);
        AssertCaller(arrival, person.Id);
        Assert.Null(arrival.Header("Authorization"));
        Assert.Equal("own=1", arrival.Header("Cookie"));

        // By the cookie, which the service does not get; a change needs what each change by cookie needs.
        var (browser, owner) = await world.SignedInAsync();
        (string, string) cookie = ("Cookie", $"own=1; {CookieWorld.Cookie}={browser.Cookie}; other=2");
        // As an EventSource sends it.
        Assert.Equal(HttpStatusCode.OK, await Ask(HttpMethod.Get, cookie, ("Accept", "text/event-stream")));
        Assert.Equal(HttpStatusCode.OK, await Ask(HttpMethod.Post, cookie, ("Origin", world.Frontend), ("X-CSRF", "1")));
        Assert.Equal(HttpStatusCode.Forbidden, await Ask(HttpMethod.Post, cookie, ("Origin", world.Frontend)));
        Assert.Equal(HttpStatusCode.Forbidden, await Ask(HttpMethod.Post, cookie, ("Origin", "https://evil.example.com"), ("X-CSRF", "1")));
        Assert.Equal(3, world.Service.At(path).Length);
        foreach (var byCookie in world.Service.At(path)[1..])
        {
            AssertCaller(byCookie, owner.Id);
            Assert.Equal("own=1; other=2", byCookie.Header("Cookie"));
        }

        await browser.SendAsync(HttpMethod.Post, $"{CookieBrowser.Path}/logout").Json(HttpStatusCode.NoContent);
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(HttpMethod.Get, cookie));
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddy")]
    public async Task A_proxy_asks_for_a_permission_which_a_client_can_t_choose(string proxy)
    {
        await using var server = await ProxyServer.StartAsync(proxy, world.App.Api, world.Service.Address, "audit.read");
        var path = world.Service.On(context => context.Response.WriteAsJsonAsync(new { ok = true }));
        var person = await world.App.SignUpAsync();
        var admin = await world.App.SignUpAsync(Role.Admin);
        async Task<HttpStatusCode> Ask(TestPerson caller, string query = "")
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path + query);
            request.Headers.Authorization = new("Bearer", caller.AccessToken);
            using var answer = await server.Client.SendAsync(request);
            return answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.Forbidden, await Ask(person));
        Assert.Equal(HttpStatusCode.Forbidden, await Ask(person, "?permission="));
        Assert.Equal(HttpStatusCode.OK, await Ask(admin, "?permission=no.such"));
        Assert.Single(world.Service.At(path));
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddy")]
    public async Task While_portico_is_away_the_proxy_answers_503_and_the_service_gets_nothing(string proxy)
    {
        var person = await world.App.SignUpAsync();
        await using var server = await ProxyServer.StartAsync(proxy, new Uri($"http://127.0.0.1:{Ports.Free()}"), world.Service.Address);
        var path = world.Service.On(context => context.Response.WriteAsJsonAsync(new { ok = true }));
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", person.AccessToken);
        using var answer = await server.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Empty(world.Service.At(path));
    }

    private static void AssertCaller(Arrival arrival, Guid user)
    {
        Assert.Equal(user.ToString(), arrival.Header("X-Portico-User"));
        Assert.Equal("user", arrival.Header("X-Portico-Roles"));
        // In no spelling is anything else.
        Assert.DoesNotContain(arrival.Headers, field => field.Value.Contains("lie", StringComparison.Ordinal));
        Assert.DoesNotContain(arrival.Headers, field => field.Key.Contains('_', StringComparison.Ordinal));
    }

    private static string? Field(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues($"X-Portico-{name}", out var values) ? values.Single() : null;

    /// <summary>Counts the commands of one application.</summary>
    private sealed class RedisMonitor(int port, string prefix) : IDisposable
    {
        private readonly TcpClient _client = new();
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public async Task StartAsync()
        {
            await _client.ConnectAsync("127.0.0.1", port);
            var reader = new StreamReader(_client.GetStream());
            await _client.GetStream().WriteAsync("MONITOR\r\n"u8.ToArray());
            Assert.Equal("+OK", await reader.ReadLineAsync());
            _ = Task.Run(async () =>
            {
                while (await reader.ReadLineAsync() is { } line)
                {
                    if (line.Contains(prefix, StringComparison.Ordinal))
                        Interlocked.Increment(ref _count);
                }
            });
        }

        public void Dispose() => _client.Dispose();
    }
}
