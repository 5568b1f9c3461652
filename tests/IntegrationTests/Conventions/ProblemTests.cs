using System.Net;

namespace Portico.IntegrationTests.Conventions;

public sealed class ProblemTests(ProbeFixture probes) : IClassFixture<ProbeFixture>
{
    private ProbeApp App => probes.App;

    [Theory]
    [InlineData("validation", 400)]
    [InlineData("unauthenticated", 401)]
    [InlineData("forbidden", 403)]
    [InlineData("notFound", 404)]
    [InlineData("conflict", 409)]
    [InlineData("preconditionFailed", 412)]
    [InlineData("preconditionRequired", 428)]
    [InlineData("unprocessable", 422)]
    [InlineData("tooManyRequests", 429)]
    [InlineData("unavailable", 503)]
    public async Task Turns_every_kind_of_refusal_into_its_status(string kind, int status)
    {
        var response = await App.Get($"{Requests.Probes}/refused/{kind}");
        var problem = await response.Problem((HttpStatusCode)status, "probe_refused");
        Assert.Equal("urn:portico:error:probe_refused", problem.Text("type"));
        Assert.Equal("As asked.", problem.Text("detail"));
        Assert.Equal($"{Requests.Probes}/refused/{kind}", problem.Text("instance"));
        Assert.Equal(status == 400, problem.TryGetProperty("errors", out _));
        Assert.Equal(status == 429 ? "8" : "", response.Header("Retry-After"));
        Assert.Equal(status == 401, response.Headers.WwwAuthenticate.Count > 0);
        Assert.Equal("no-store", response.Header("Cache-Control"));
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/api/v1/nowhere")]
    [InlineData("/api/v9/probes")]
    [InlineData("/api/v9/nowhere")]
    [InlineData("/api/vx/probes")]
    [InlineData("/api/v1x/probes")]
    [InlineData("/api/v1")]
    [InlineData("/api/v1.7/probes")]
    [InlineData("/api/v1/probes/not-an-id")]
    [InlineData("/metrics")]
    public async Task Says_not_found_of_what_is_not_there(string path) => await App.Get(path).Problem(HttpStatusCode.NotFound, "not_found");

    [Fact]
    public async Task Names_the_methods_that_an_address_takes()
    {
        var response = await App.Send(HttpMethod.Delete, Requests.Probes);
        await response.Problem(HttpStatusCode.MethodNotAllowed, "method_not_allowed");
        Assert.Equal(["GET", "POST"], response.Content.Headers.Allow.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("bug", 500, "internal_error", "")]
    [InlineData("unique", 500, "internal_error", "")]
    [InlineData("dependency", 503, "dependency_unavailable", "3")]
    [InlineData("connect", 503, "dependency_unavailable", "2")]
    [InlineData("deadline", 503, "dependency_unavailable", "2")]
    [InlineData("shutdown", 503, "dependency_unavailable", "2")]
    public async Task Tells_nothing_of_what_threw(string how, int status, string code, string retryAfter)
    {
        var response = await App.Get($"{Requests.Probes}/fails?how={how}", ("Origin", "https://app.example.com"));
        var text = (await response.Problem((HttpStatusCode)status, code)).ToString();
        Assert.DoesNotContain("SELECT", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        Assert.Equal(retryAfter, response.Header("Retry-After"));
        // What every answer carries survives a failure: else a page could not even read it.
        Assert.Equal("nosniff", response.Header("X-Content-Type-Options"));
        Assert.Equal("https://app.example.com", response.Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Logs_an_unexpected_failure_under_the_trace_that_the_client_quotes()
    {
        var problem = await App.Get($"{Requests.Probes}/fails?how=bug").Problem(HttpStatusCode.InternalServerError, "internal_error");
        var line = Assert.Single(
            App.Options.Log.Lines,
            line => line.Failure is not null && line.Message.Contains(problem.Text("traceId"), StringComparison.Ordinal));
        Assert.Equal(Microsoft.Extensions.Logging.LogLevel.Error, line.Level);
    }

    [Theory]
    [InlineData(400, "bad_request")]
    [InlineData(404, "not_found")]
    [InlineData(409, "bad_request")]
    [InlineData(502, "service_failed")]
    public async Task Gives_a_bare_status_a_body(int status, string code) =>
        await App.Get($"{Requests.Probes}/empty/{status}").Problem((HttpStatusCode)status, code);

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/json;q=0")]
    [InlineData("application/json;charset=utf-16")]
    public async Task Refuses_an_unwanted_answer_before_it_does_anything(string accept) =>
        await App.Get($"{Requests.Probes}/fails?how=bug", ("Accept", accept)).Problem(HttpStatusCode.NotAcceptable, "not_acceptable");

    [Theory]
    [InlineData("*/*")]
    [InlineData("application/*")]
    [InlineData("text/html, application/json;q=0.5")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json; charset=\"UTF-8\"; indent=2")]
    [InlineData("application/json; charset=utf-16, */*;q=0.1")]
    public async Task Answers_json_to_whoever_takes_it(string accept) =>
        await App.Get(Requests.Probes, ("Accept", accept)).Json(HttpStatusCode.OK);

    [Fact]
    public async Task Answers_head_as_get_without_the_body()
    {
        var answer = await App.RawAsync($"HEAD {Requests.Probes} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("Link: ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/probes/")]
    [InlineData("/API/V1/Probes")]
    public async Task Takes_a_trailing_slash_and_any_case(string path) => await App.Get(path).Json(HttpStatusCode.OK);
}
