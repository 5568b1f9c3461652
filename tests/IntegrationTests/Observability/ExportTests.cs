using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Trace;
using Portico.IntegrationTests.Conventions;
using Portico.Testing;

namespace Portico.IntegrationTests.Observability;

/// <summary>What a collector gets, read by a receiver of another make.</summary>
public sealed class ExportTests : IAsyncLifetime
{
    private OtlpReceiver _collector = null!;

    public async Task InitializeAsync() => _collector = await OtlpReceiver.StartAsync();

    public async Task DisposeAsync() => await _collector.DisposeAsync();

    [Fact]
    public async Task Sends_a_request_its_use_case_its_statements_and_its_events_in_the_trace_of_the_caller()
    {
        await using var app = await StartAsync();
        var email = PorticoApp.NewEmail();
        await Post(app, "verify-code", new { email, reason = "registration" }, NewTrace());
        var code = await app.CodeAsync(email);
        var trace = NewTrace();
        var person = new { email, code, password = "correct horse battery", displayName = "Ada" };
        using var registered = await Post(app, "register", person, trace);
        var requestId = registered.Header("X-Request-Id");

        var request = await Span(trace, Received.Server, "the request");
        Assert.Equal("POST api/v{version:apiVersion}/auth/register", request.Name);
        Assert.Equal("00f067aa0ba902b7", request.ParentId);
        Assert.Equal("portico", request.Service);
        Assert.Equal("201", request.Attributes["http.response.status_code"]);
        Assert.Equal($"[\"{requestId}\"]", request.Attributes["http.response.header.x-request-id"]);

        var useCase = await _collector.Find(one => one.TraceId == trace && one.Name == "Register", "the use case");
        Assert.Equal(request.SpanId, useCase.ParentId);
        var statement = await _collector.Find(
            one => one.TraceId == trace && one.Scope == "Npgsql" && one.ParentId == useCase.SpanId, "a statement of the use case");
        Assert.Equal("\"postgresql\"", statement.Attributes["db.system.name"]);

        var handled = await Span(trace, Received.Consumer, "the handler of the event");
        Assert.Equal(useCase.SpanId, handled.ParentId);
        await _collector.Find(one => one.TraceId == trace && one.ParentId == handled.SpanId, "a statement of the handler");

        var line = await _collector.Find(one => one.Kind == "log" && one.TraceId == trace, "the log line of the request");
        Assert.StartsWith("POST api/v{version:apiVersion}/auth/register 201 in ", line.Name, StringComparison.Ordinal);
        Assert.Equal(request.SpanId, line.SpanId);
        Assert.Equal($"\"{requestId}\"", line.Attributes["requestId"]);
        Assert.Equal("\"POST\"", line.Attributes["Method"]);
    }

    [Fact]
    public async Task Sends_no_address_secret_or_query_and_nothing_of_probes()
    {
        TestPerson person;
        List<string> probes = [];
        await using (var app = await StartAsync())
        {
            // Its clients pass on that it is sent: those of the same process are measured too.
            using (var caller = new Activity("a caller").SetIdFormat(ActivityIdFormat.W3C).Start())
            {
                caller.ActivityTraceFlags = ActivityTraceFlags.Recorded;
                person = await app.SignUpAsync();
                await person.LogInAsync("a wrong one").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
                await person.LogInAsync().Json(HttpStatusCode.OK);
            }

            using var management = new HttpClient { BaseAddress = app.Management };
            foreach (var (client, path) in new[]
            {
                (app.Client, "/health/live"), (app.Client, "/health/ready"), (app.Client, "/.well-known/jwks.json"),
                (management, "/metrics"), (management, "/health/ready"),
            })
            {
                using var probe = new HttpRequestMessage(HttpMethod.Get, path);
                probes.Add(NewTrace());
                probe.Headers.Add("traceparent", TraceParent(probes[^1]));
                using var answer = await client.SendAsync(probe);
                answer.EnsureSuccessStatusCode();
            }

            var trace = NewTrace();
            using var last = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/users/me?email={person.Email}&q=hidden");
            last.Headers.Add("traceparent", TraceParent(trace));
            last.Headers.UserAgent.ParseAdd("hidden/1.0");
            last.Headers.Authorization = new("Bearer", person.AccessToken);
            using (await app.Client.SendAsync(last))
            {
            }

            var request = await Span(trace, Received.Server, "the last request");
            Assert.Equal("\"/api/v1/users/me\"", request.Attributes["url.path"]);
            Assert.DoesNotContain("url.query", request.Attributes.Keys);
        }

        // What was not sent before was sent while it ended.
        var all = await _collector.StopAsync();
        Assert.Contains(all, one => one.Scope == "Npgsql");
        Assert.Contains(all, one => one.Name == "LogIn");
        foreach (var secret in new[] { person.Email, person.Password, person.RefreshToken, person.AccessToken, "a wrong one", "hidden" })
            Assert.DoesNotContain(all, one => one.Text.Contains(secret, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(all, one => one.Kind == "span" && probes.Contains(one.TraceId));
        // By path only spans of servers: clients of other tests in this process call the same paths, and may send their spans too.
        foreach (var path in new[] { "/health", "/metrics", "/.well-known" })
        {
            Assert.DoesNotContain(
                all, one => one is { Kind: "span", SpanKind: Received.Server } && one.Text.Contains(path, StringComparison.Ordinal));
        }

        Assert.DoesNotContain(all, one => one.Kind == "refused");
        // The relay and the others that look for work all the time.
        Assert.DoesNotContain(all, one => one is { SpanKind: Received.Client, ParentId: "" });
    }

    [Fact]
    public async Task Keeps_the_decision_of_the_caller_and_takes_a_share_of_the_rest()
    {
        var (sent, unsent, own) = (NewTrace(), NewTrace(), "");
        await using (var app = await StartAsync(("Telemetry:SampleRatio", "0")))
        {
            await Get(app, $"00-{unsent}-00f067aa0ba902b7-00");
            own = (await Get(app, null)).Split('-')[1];
            await Get(app, TraceParent(sent));
        }

        await Span(sent, Received.Server, "the request whose caller wants it to be sent");
        var all = await _collector.StopAsync();
        Assert.DoesNotContain(all, one => one.Kind == "span" && (one.TraceId == unsent || one.TraceId == own));
    }

    [Fact]
    public async Task Cuts_what_a_stranger_can_make_long()
    {
        await using var app = await StartAsync();
        var trace = NewTrace();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/{new string('x', 6000)}");
        request.Headers.Add("traceparent", TraceParent(trace));
        using (await app.Client.SendAsync(request))
        {
        }

        var span = await Span(trace, Received.Server, "the request");
        // Two quotation marks are those of JSON.
        Assert.Equal(4096 + 2, span.Attributes["url.path"].Length);
    }

    [Fact]
    public async Task Answers_while_the_collector_is_away()
    {
        await using var app = await StartAsync(("Telemetry:OtlpEndpoint", $"http://127.0.0.1:{DevStack.Ports.Free()}"));
        for (var i = 0; i < 20; i++)
            await Get(app, null);
    }

    [Fact]
    public async Task Traces_nothing_without_a_collector()
    {
        var app = await PorticoApp.SharedAsync();
        Assert.Null(app.Services.GetService<TracerProvider>());
        Assert.DoesNotContain(app.Services.GetServices<ILoggerProvider>(), provider => provider is OpenTelemetryLoggerProvider);
    }

    private static string NewTrace() => ActivityTraceId.CreateRandom().ToHexString();

    private static string TraceParent(string trace) => $"00-{trace}-00f067aa0ba902b7-01";

    private static async Task<string> Get(PorticoApp app, string? traceParent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/currencies");
        if (traceParent is not null)
            request.Headers.Add("traceparent", traceParent);
        using var answer = await app.Client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return answer.Header("traceparent");
    }

    private static async Task<HttpResponseMessage> Post(PorticoApp app, string path, object body, string trace)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/auth/{path}") { Content = JsonContent.Create(body) };
        request.Headers.Add("traceparent", TraceParent(trace));
        return await app.Client.SendAsync(request);
    }

    private Task<Received> Span(string trace, int kind, string what) =>
        _collector.Find(one => one.Kind == "span" && one.TraceId == trace && one.SpanKind == kind, what);

    private Task<PorticoApp> StartAsync(params (string Key, string Value)[] settings) => PorticoApp.StartAsync(new PorticoAppOptions
    {
        Settings = settings
            .Prepend(("Telemetry:OtlpEndpoint", _collector.Address))
            .Append(("Logging:LogLevel:Default", "Information"))
            // It also gets the spans of other tests in this process. With the usual 5 s they may fill the queue, and others are dropped.
            .Append(("OTEL_BSP_SCHEDULE_DELAY", "100"))
            .Append(("OTEL_BLRP_SCHEDULE_DELAY", "100"))
            .GroupBy(setting => setting.Item1, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => (string?)group.Last().Item2, StringComparer.Ordinal),
    });
}
