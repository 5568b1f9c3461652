using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Portico.IntegrationTests.Conventions;
using Portico.Testing;

namespace Portico.IntegrationTests.Gateway;

/// <summary>What a caller is told when a service fails, is slow or is away.</summary>
[Collection(GatewayTestGroup.Name)]
public sealed class GatewayErrorTests(GatewayWorld world) : GatewayClientTests(world)
{
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
        using var answer = await Person.GetAsync($"{Api}/reports{path}");
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
        using var answer = await Person.GetAsync($"{Api}/reports{path}");
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
        using var answer = await Person.SendAsync(HttpMethod.Delete, $"{Api}/reports{path}");
        await answer.Problem(HttpStatusCode.MethodNotAllowed, "method_not_allowed");
        Assert.Equal("GET, PUT", answer.Header("Allow"));
    }

    [Fact]
    public async Task Says_that_a_service_is_away()
    {
        using var answer = await Person.GetAsync($"{Api}/away/x");
        await answer.Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
        Assert.NotEqual("", answer.Header("Retry-After"));
        // No body after the head, and half of a body that was to be kept: the client has nothing yet.
        var headOnly = Service.On(async context =>
        {
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        await Person.GetAsync($"{Api}/reports{headOnly}").Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
        var half = Service.On(async context =>
        {
            await context.Response.Body.WriteAsync(new byte[100]);
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        await Person.GetAsync($"{Api}/cached{half}").Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
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
        using var answer = await World.App.Client.GetAsync($"{Api}/open{path}", HttpCompletionOption.ResponseHeadersRead);
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
        await Person.GetAsync($"{Api}/slow{path}").Problem(HttpStatusCode.GatewayTimeout, "timeout");
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
                await Person.GetAsync($"{Api}/breaking{path}").Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
                return Service.At(path).Length == calls;
            },
            "the breaker to open");
        isBroken = false;
        await Eventually.Holds(
            async () => (await Person.GetAsync($"{Api}/breaking{path}")).StatusCode == HttpStatusCode.OK, "the breaker to close");
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
            (await Person.GetAsync($"{Api}/breaking{path}?s=500")).Dispose();
            // Bytes that are not ASCII, which the client of the gateway could refuse to send.
            await World.RawAsync(
                $"GET {Api}/breaking{path}?s=400 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: \u00c3\u00bc\r\n"
                + $"Authorization: Bearer {Person.AccessToken}\r\n\r\n");
        }

        Assert.Equal(24, Service.At(path).Length);
    }
}
