using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Portico.IntegrationTests.Conventions;

/// <summary>One edge for the tests of a class that change nothing in it.</summary>
public sealed class EdgeFixture : IAsyncLifetime
{
    internal EdgeApp App { get; private set; } = null!;

    public async Task InitializeAsync() =>
        App = await EdgeApp.StartAsync(("Cors:Origins:0", "https://app.example.com"), ("Proxies:Trusted:0", "127.0.0.1"));

    public async Task DisposeAsync() => await App.DisposeAsync();
}

internal static class Requests
{
    public const string Probes = "/api/v1/probes";

    public static async Task<HttpResponseMessage> SendJson(
        this EdgeApp app, string json, string contentType = "application/json", string path = Probes)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await app.Client.PostAsync(path, content);
    }

    public static async Task<HttpResponseMessage> Send(
        this EdgeApp app, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, new Uri(app.Api, path));
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await app.Client.SendAsync(request);
    }

    public static Task<HttpResponseMessage> Get(this EdgeApp app, string path, params (string Name, string Value)[] headers) =>
        app.Send(HttpMethod.Get, path, headers);

    public static string Header(this HttpResponseMessage response, string name) =>
        string.Join(
            ", ",
            response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? values : []);

    public static async Task<JsonElement> Body(this HttpResponseMessage response) =>
        JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());

    public static string[] Fields(this JsonElement problem) =>
        [.. problem.GetProperty("errors").EnumerateObject().Select(field => field.Name)];
}

public sealed class ProblemTests(EdgeFixture edge) : IClassFixture<EdgeFixture>
{
    private EdgeApp App => edge.App;

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

public sealed class JsonBodyTests(EdgeFixture edge) : IClassFixture<EdgeFixture>
{
    private EdgeApp App => edge.App;

    [Theory]
    [InlineData("""{}""", "displayName")]
    [InlineData("""{"displayName":null}""", "displayName")]
    [InlineData("""{"displayName":1}""", "displayName")]
    [InlineData("""{"displayName":"a","displayName":"b"}""", "displayName")]
    [InlineData("""{"displayName":"a\u0000b"}""", "displayName")]
    [InlineData("""{"displayName":"\ud800"}""", "displayName")]
    [InlineData("""{"DisplayName":"a"}""", "DisplayName,displayName")]
    [InlineData("""{"displayName":"a","more":1}""", "more")]
    [InlineData("""{"displayName":"a","level":"1"}""", "level")]
    [InlineData("""{"displayName":"a","level":1.5}""", "level")]
    [InlineData("""{"displayName":"a","level":99999999999}""", "level")]
    [InlineData("""{"displayName":"a","rate":1e999}""", "rate")]
    [InlineData("""{"displayName":"a","on":"true"}""", "on")]
    [InlineData("""{"displayName":"a","ownerId":"7"}""", "ownerId")]
    [InlineData("""{"displayName":"a","at":"2026-11-21T10:00:00"}""", "at")]
    [InlineData("""{"displayName":"a","at":"2026-11-21"}""", "at")]
    [InlineData("""{"displayName":"a","at":"tomorrow"}""", "at")]
    [InlineData("""{"displayName":"a","colour":"green"}""", "colour")]
    [InlineData("""{"displayName":"a","colour":0}""", "colour")]
    [InlineData("""{"displayName":"a","parts":{}}""", "parts")]
    [InlineData("""{"displayName":"a","parts":[{"name":"x"},{"count":"2","x":1}]}""", "parts[1].count,parts[1].x,parts[1].name")]
    [InlineData("""{"displayName":"a","parts":[null]}""", "parts[0]")]
    [InlineData("""[]""", "$")]
    [InlineData("""null""", "$")]
    [InlineData("""{"level":"x","on":3}""", "level,on,displayName")]
    [InlineData("", "$")]
    [InlineData("  ", "$")]
    public async Task Names_every_wrong_field_and_no_type_of_ours(string json, string fields)
    {
        var problem = await App.SendJson(json).Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(fields.Split(','), problem.Fields());
        Assert.DoesNotContain("Portico.", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("System.", problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"displayName":""")]
    [InlineData("""{"displayName":"a",}""")]
    [InlineData("""{"displayName":"a"} x""")]
    [InlineData("""{/* why */"displayName":"a"}""")]
    [InlineData("""{'displayName':'a'}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("NaN")]
    public async Task Says_where_json_is_malformed(string json)
    {
        var problem = await App.SendJson(json).Problem(HttpStatusCode.BadRequest, "malformed_json");
        Assert.Equal(["$"], problem.Fields());
    }

    [Fact]
    public async Task Refuses_deep_nesting_and_text_that_is_no_utf8()
    {
        var deep = $$"""{"displayName":{{new string('[', 40)}}{{new string(']', 40)}}}""";
        await App.SendJson(deep).Problem(HttpStatusCode.BadRequest, "malformed_json");
        var content = new ByteArrayContent([.. "{\"displayName\":\""u8, 0xC3, 0x28, .. "\"}"u8]);
        content.Headers.ContentType = new("application/json");
        await App.Client.PostAsync(Requests.Probes, content).Problem(HttpStatusCode.BadRequest, "malformed_json");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/xml")]
    public async Task Refuses_other_media_types(string contentType) =>
        await App.SendJson("""{"displayName":"a"}""", contentType).Problem(HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    [InlineData("identity, gzip")]
    [Trait("Category", "Cases")]
    public async Task Refuses_a_content_encoding(string coding)
    {
        using var content = new StringContent("""{"displayName":"a"}""", Encoding.UTF8, "application/json");
        content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        var response = await App.Client.PostAsync(Requests.Probes, content);
        await response.Problem(HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");
        Assert.Equal("identity", response.Header("Accept-Encoding"));
    }

    [Fact]
    public async Task Takes_a_body_without_a_coding()
    {
        using var content = new StringContent("""{"displayName":"a"}""", Encoding.UTF8, "application/json");
        content.Headers.ContentEncoding.Add("identity");
        await App.Client.PostAsync(Requests.Probes, content).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Calls_a_missing_body_missing_whatever_its_type()
    {
        await App.Send(HttpMethod.Post, Requests.Probes).Problem(HttpStatusCode.BadRequest, "validation_failed");
        await App.Client.PostAsync(Requests.Probes, content: null).Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Theory]
    [InlineData("2026-11-21T12:00:00.1239+02:00", "2026-11-21T10:00:00.123Z")]
    [InlineData("2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000Z")]
    [InlineData("2026-11-21T10:00:00-00:30", "2026-11-21T10:30:00.000Z")]
    public async Task Writes_times_in_utc_with_milliseconds(string given, string written)
    {
        var answer = await App.SendJson($$"""{"displayName":"Ж+<'","at":"{{given}}","colour":"skyBlue"}""").Json(HttpStatusCode.OK);
        Assert.Equal(written, answer.Text("at"));
        Assert.Equal("skyBlue", answer.Text("colour"));
        Assert.Equal("Ж+<'", answer.Text("displayName"));
    }

    [Fact]
    public async Task Takes_a_byte_order_mark() => await App.SendJson("\uFEFF{\"displayName\":\"a\"}").Json(HttpStatusCode.OK);
}

public sealed class PagingTests(EdgeFixture edge) : IClassFixture<EdgeFixture>
{
    private EdgeApp App => edge.App;

    [Fact]
    public async Task Leads_through_every_item_once_by_link_alone()
    {
        var next = $"{Requests.Probes}?limit=20&colour=skyBlue";
        List<string> names = [];
        for (var page = 0; next.Length > 0 && page < 5; page++)
        {
            var response = await App.Get(next);
            var body = await response.Body();
            names.AddRange(body.GetProperty("items").EnumerateArray().Select(item => item.Text("displayName")));
            Assert.All(body.GetProperty("items").EnumerateArray(), item => Assert.Equal("skyBlue", item.Text("colour")));
            var link = response.Header("Link");
            Assert.Equal(link.Length == 0, body.GetProperty("nextCursor").ValueKind == JsonValueKind.Null);
            next = link.Length == 0
                ? ""
                : link[(link.IndexOf('<', StringComparison.Ordinal) + 1)..link.IndexOf('>', StringComparison.Ordinal)];
            Assert.True(next.Length == 0 || link.EndsWith("rel=\"next\"", StringComparison.Ordinal));
        }

        Assert.Equal(Enumerable.Range(0, 45).Select(n => $"{n}"), names);
    }

    [Fact]
    public async Task Gives_20_unless_told_otherwise() =>
        Assert.Equal(20, (await App.Get(Requests.Probes).Json(HttpStatusCode.OK)).GetProperty("items").GetArrayLength());

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("limit=0x10", "limit")]
    [InlineData("limit=%205", "limit")]
    [InlineData("limit=05", "limit")]
    [InlineData("limit=%2B5", "limit")]
    [InlineData("limit=1&limit=2", "limit")]
    [InlineData("cursor=nonsense", "cursor")]
    [InlineData("cursor=eyJ2IjoyfQ", "cursor")]
    [InlineData("cursor=%00", "cursor")]
    [InlineData("colour=1", "colour")]
    [InlineData("colour=deepRed,skyBlue", "colour")]
    [InlineData("at=2026-11-21T10:00:00", "at")]
    public async Task Refuses_bad_values_of_the_query_by_name(string query, string field)
    {
        var problem = await App.Get($"{Requests.Probes}?{query}").Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal([field], problem.Fields());
    }
}

/// <summary>What is wrong below routing, written to a socket.</summary>
[Trait("Category", "Cases")]
public sealed class RawRequestTests(EdgeFixture edge) : IClassFixture<EdgeFixture>
{
    private const string Json = """{"displayName":"a"}""";
    private const string Post = $"POST {Requests.Probes} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";

    private EdgeApp App => edge.App;

    [Theory]
    [InlineData("80000000")]
    [InlineData("ffffffff")]
    [InlineData("7fffffffffffffff")]
    [InlineData("fffffffffffffffff")]
    [InlineData("-1")]
    [InlineData("0x5")]
    [InlineData("")]
    public async Task Refuses_a_chunk_size_that_is_none(string size) =>
        Refused(400, "bad_request", await App.RawAsync($"{Post}Transfer-Encoding: chunked\r\n\r\n{size}\r\n{Json}\r\n0\r\n\r\n"));

    [Theory]
    [InlineData("x, chunked")]
    [InlineData("chunked, chunked")]
    [InlineData("gzip, chunked")]
    public async Task Refuses_another_transfer_coding(string coding) => Refused(
        400, "bad_request", await App.RawAsync($"{Post}Transfer-Encoding: {coding}\r\n\r\n{Json.Length:x}\r\n{Json}\r\n0\r\n\r\n"));

    [Theory]
    [InlineData("+19")]
    [InlineData("-19")]
    [InlineData("19, 19")]
    [InlineData("0x13")]
    [InlineData("")]
    [InlineData("99999999999999999999")]
    public async Task Refuses_a_length_that_is_not_digits(string length) =>
        Bare(400, await App.RawAsync($"{Post}Content-Length: {length}\r\n\r\n{Json}"));

    [Theory]
    [InlineData("Content-Length: 19\r\n\r\n" + Json)]
    [InlineData("Transfer-Encoding: Chunked\r\n\r\n13;name=value\r\n" + Json + "\r\n0\r\nTrailer: x\r\n\r\n")]
    public async Task Takes_what_is_right(string rest) =>
        Assert.StartsWith("HTTP/1.1 200 ", await App.RawAsync(Post + rest), StringComparison.Ordinal);

    [Theory]
    [InlineData("%")]
    [InlineData("%4")]
    [InlineData("%zz")]
    [InlineData("%ff")]
    [InlineData("%ed%a0%80")]
    [InlineData("%c0%80")]
    public async Task Refuses_a_query_that_is_not_utf8(string text) =>
        Refused(400, "bad_request", await App.RawAsync(Get($"{Requests.Probes}?q={text}")));

    [Fact]
    public async Task Says_that_an_address_is_too_long() =>
        Refused(414, "uri_too_long", await App.RawAsync(Get($"{Requests.Probes}?q={new string('x', 9 * 1024)}")));

    /// <summary>The list of docs/api/errors.md.</summary>
    [Theory]
    [InlineData("GET /api/v1/%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("GET /api/v1/probes HTTP/1.1\r\nHost: x\r\nX-Name: \u00e4\r\n\r\n", 400)]
    [InlineData("GET /api/v1/probes HTTP/1.1\r\nHost : x\r\n\r\n", 400)]
    [InlineData("GET /api/v1/probes HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 405)]
    [InlineData("GET /api/v1/probes HTTP/1.9\r\nHost: x\r\n\r\n", 505)]
    public async Task Answers_bare_what_is_no_http(string request, int status) => Bare(status, await App.RawAsync(request));

    [Fact]
    public async Task Answers_bare_what_is_larger_than_the_buffers_of_the_server()
    {
        Bare(414, await App.RawAsync(Get($"/{new string('x', 20 * 1024)}")));
        Bare(431, await App.RawAsync($"GET / HTTP/1.1\r\nHost: x\r\nX-Long: {new string('x', 40 * 1024)}\r\n\r\n"));
    }

    private static string Get(string target) => $"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    private static void Refused(int status, string code, string answer)
    {
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/problem+json\r\n", answer, StringComparison.Ordinal);
        Assert.Contains($"\"code\":\"{code}\"", answer, StringComparison.Ordinal);
    }

    private static void Bare(int status, string answer)
    {
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Request-Id", answer, StringComparison.Ordinal);
    }
}

public sealed class HeaderTests(EdgeFixture edge) : IClassFixture<EdgeFixture>
{
    private EdgeApp App => edge.App;

    [Theory]
    [InlineData("/api/v1/probes")]
    [InlineData("/nowhere")]
    [InlineData("/health/live")]
    [InlineData("/api/v1/probes/fails?how=bug")]
    public async Task Protects_every_answer(string path)
    {
        var response = await App.Get(path);
        Assert.Equal("nosniff", response.Header("X-Content-Type-Options"));
        Assert.Equal("no-referrer", response.Header("Referrer-Policy"));
        Assert.Equal("DENY", response.Header("X-Frame-Options"));
        Assert.Contains("default-src 'none'", response.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal("", response.Header("Server"));
        Assert.Equal("no-store", response.Header("Cache-Control"));
        Assert.NotEqual("", response.Header("X-Request-Id"));
    }

    [Fact]
    public async Task Keeps_what_an_endpoint_says_of_caching() =>
        Assert.Equal("public, max-age=60", (await App.Get($"{Requests.Probes}/kept")).Header("Cache-Control"));

    [Theory]
    [InlineData(null)]
    [InlineData("https://app.example.com")]
    [InlineData("https://elsewhere.example.com")]
    [Trait("Category", "Cases")]
    public async Task Tells_shared_caches_that_the_origin_matters(string? origin)
    {
        (string, string)[] headers = origin is null ? [] : [("Origin", origin)];
        foreach (var path in (string[])[$"{Requests.Probes}/kept", "/.well-known/jwks.json"])
            Assert.Equal("Origin", (await App.Get(path, headers)).Header("Vary"));
    }

    [Fact]
    public async Task Asks_for_tls_where_there_is_tls()
    {
        Assert.Equal("", (await App.Get(Requests.Probes)).Header("Strict-Transport-Security"));
        Assert.StartsWith(
            "max-age=31536000",
            (await App.Get(Requests.Probes, ("X-Forwarded-Proto", "https"))).Header("Strict-Transport-Security"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_the_versions() => Assert.Equal("1.0", (await App.Get(Requests.Probes)).Header("api-supported-versions"));

    [Theory]
    [InlineData("order-42/~", true)]
    [InlineData("a b", false)]
    [InlineData("", false)]
    public async Task Keeps_a_usable_request_id_and_replaces_any_other(string given, bool isKept)
    {
        var answered = (await App.Get(Requests.Probes, ("X-Request-Id", given))).Header("X-Request-Id");
        Assert.Equal(isKept, answered == given);
        Assert.True(isKept || Guid.Parse(answered).Version == 7);
        var tooLong = new string('x', 129);
        Assert.NotEqual(tooLong, (await App.Get(Requests.Probes, ("X-Request-Id", tooLong))).Header("X-Request-Id"));
    }

    [Fact]
    public async Task Writes_one_line_a_request_with_its_id_and_without_its_query()
    {
        var id = $"line-{Guid.NewGuid():N}";
        await App.Get($"{Requests.Probes}/{Guid.NewGuid()}?secret=hidden", ("X-Request-Id", id), ("Authorization", "Bearer hidden"));
        Assert.StartsWith("GET api/v{version:apiVersion}/probes/{id:guid} 200 in ", LineOf(id), StringComparison.Ordinal);
        Assert.DoesNotContain(App.Options.Log.Lines, any => any.Message.Contains("hidden", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/api/v9/probes")]
    [InlineData("/api/vx/probes")]
    public async Task Writes_no_route_of_what_is_not_there(string path)
    {
        var id = $"line-{Guid.NewGuid():N}";
        await App.Get(path, ("X-Request-Id", id));
        Assert.StartsWith("GET (none) 404 in ", LineOf(id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Continues_the_trace_of_the_caller()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var response = await App.Get("/nowhere", ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));
        Assert.Equal(Trace, (await response.Body()).Text("traceId"));
        Assert.Matches($"^00-{Trace}-[0-9a-f]{{16}}-0[01]$", response.Header("traceparent"));
        Assert.DoesNotContain("00f067aa0ba902b7", response.Header("traceparent"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("|legacy.1.")]
    public async Task Begins_a_trace_of_its_own_after_a_bad_one(string traceParent)
    {
        var response = await App.Get("/nowhere", ("traceparent", traceParent));
        Assert.Matches("^[0-9a-f]{32}$", (await response.Body()).Text("traceId"));
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", response.Header("traceparent"));
    }

    [Fact]
    public async Task Lets_listed_origins_read_and_no_other()
    {
        var listed = await App.Get(Requests.Probes, ("Origin", "https://app.example.com"));
        Assert.Equal("https://app.example.com", listed.Header("Access-Control-Allow-Origin"));
        foreach (var header in new[] { "Location", "Link", "ETag", "Retry-After", "X-Request-Id", "RateLimit", "api-supported-versions" })
            Assert.Contains(header, listed.Header("Access-Control-Expose-Headers"), StringComparison.Ordinal);
        foreach (var other in new[] { "https://app.example.com.evil.org", "http://app.example.com", "null" })
            Assert.Equal("", (await App.Get(Requests.Probes, ("Origin", other))).Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Answers_a_preflight_so_that_it_can_be_kept()
    {
        var response = await App.Send(
            HttpMethod.Options, Requests.Probes, ("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "PATCH"),
            ("Access-Control-Request-Headers", "authorization,idempotency-key"));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("3600", response.Header("Access-Control-Max-Age"));
        Assert.Contains("PATCH", response.Header("Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Contains("idempotency-key", response.Header("Access-Control-Allow-Headers"), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The only line of the access log that a request has.</summary>
    private string LineOf(string requestId) => Assert.Single(
        App.Options.Log.Lines,
        line => line.Scope.Contains(requestId, StringComparison.Ordinal) && line.Category.EndsWith("AccessLog", StringComparison.Ordinal))
        .Message;
}

public sealed class BearerTests : IAsyncLifetime
{
    private EdgeApp _app = null!;

    public async Task InitializeAsync() => _app = await EdgeApp.StartAsync();

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Lets_a_good_token_in_and_nothing_else()
    {
        var (token, _) = _app.SignIn();
        var mine = await _app.Get($"{Requests.Probes}/mine", ("Authorization", $"Bearer {token}")).Json(HttpStatusCode.OK);
        Assert.True(Guid.TryParse(mine.Text("caller"), out _));
        await _app.Get($"{Requests.Probes}/mine", ("Authorization", $"bearer {token}")).Json(HttpStatusCode.OK);

        string[] credentials =
        [
            $"Bearer  {token}",
            $"Bearer {token} x",
            $"Basic {token}",
            "Bearer",
            "Bearer ",
            $"Bearer {token[..^2]}AA",
            token,
            $"Bearer {new string('a', 9000)}",
        ];
        foreach (var bad in credentials)
        {
            var response = await _app.Get($"{Requests.Probes}/mine", ("Authorization", bad));
            await response.Problem(HttpStatusCode.Unauthorized, "unauthenticated");
            Assert.Contains("error=\"invalid_token\"", response.Header("WWW-Authenticate"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Asks_for_a_token_without_blaming_one()
    {
        var response = await _app.Get($"{Requests.Probes}/mine");
        await response.Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal("Bearer realm=\"portico\"", response.Header("WWW-Authenticate"));
    }

    [Fact]
    public async Task Refuses_two_tokens()
    {
        var (token, _) = _app.SignIn();
        var text = await _app.RawAsync(
            $"GET {Requests.Probes}/mine HTTP/1.1\r\nHost: x\r\n"
            + $"Authorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_the_token_of_an_ended_session()
    {
        var (token, session) = _app.SignIn();
        await _app.Get($"{Requests.Probes}/mine", ("Authorization", $"Bearer {token}")).Json(HttpStatusCode.OK);
        _app.Options.Ended[session] = true;
        await _app.Get($"{Requests.Probes}/mine", ("Authorization", $"Bearer {token}"))
            .Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Theory]
    [InlineData(true, HttpStatusCode.Unauthorized, "unauthenticated")]
    [InlineData(false, HttpStatusCode.ServiceUnavailable, "dependency_unavailable")]
    public async Task Calls_a_token_of_an_unknown_key_invalid_only_when_the_keys_could_be_read(
        bool canRead, HttpStatusCode status, string code)
    {
        await using var app = await EdgeApp.StartAsync(new EdgeOptions { CanReadKeys = canRead });
        var (token, _) = app.SignIn();
        var header = Base64Url.EncodeToString("""{"alg":"RS256","typ":"at+jwt","kid":"of-another-replica"}"""u8);
        await app.Get($"{Requests.Probes}/mine", ("Authorization", $"Bearer {header}{token[token.IndexOf('.')..]}")).Problem(status, code);
    }

    [Fact]
    public async Task Asks_no_token_where_none_is_needed() =>
        await _app.Get(Requests.Probes, ("Authorization", "Bearer broken")).Json(HttpStatusCode.OK);

    [Fact]
    public async Task Lets_only_those_through_whose_role_grants_it()
    {
        await _app.Get($"{Requests.Probes}/administered", ("Authorization", $"Bearer {_app.SignIn().Token}"))
            .Problem(HttpStatusCode.Forbidden, "forbidden");
        await _app.Get($"{Requests.Probes}/administered", ("Authorization", $"Bearer {_app.SignIn(Domain.Users.Role.Admin).Token}"))
            .Json(HttpStatusCode.OK);
    }
}

public sealed class ClientTests
{
    [Theory]
    [InlineData("127.0.0.0/8", "203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.1", "198.51.100.9, 203.0.113.7", "203.0.113.7")]
    [InlineData("10.0.0.0/8", "203.0.113.7", "127.0.0.1")]
    [InlineData(null, "203.0.113.7", "127.0.0.1")]
    public async Task Believes_trusted_proxies_only(string? trusted, string forwarded, string expected)
    {
        await using var app = await EdgeApp.StartAsync(trusted is null ? [] : [("Proxies:Trusted:0", trusted)]);
        var mine = await app.Get(
            $"{Requests.Probes}/mine", ("Authorization", $"Bearer {app.SignIn().Token}"), ("X-Forwarded-For", forwarded))
            .Json(HttpStatusCode.OK);
        Assert.Equal(expected, mine.Text("displayName").Split(' ')[0]);
    }

    [Theory]
    [InlineData("ru-RU, en;q=0.5", "ru-RU")]
    [InlineData("de;q=0.1, fr;q=0.9", "fr")]
    [InlineData("*", "en")]
    [InlineData("!!!", "en")]
    [InlineData(null, "en")]
    public async Task Knows_the_language_that_is_preferred(string? header, string expected)
    {
        await using var app = await EdgeApp.StartAsync();
        (string, string)[] headers = header is null ? [] : [("Accept-Language", header)];
        var mine = await app.Get($"{Requests.Probes}/mine", [("Authorization", $"Bearer {app.SignIn().Token}"), .. headers])
            .Json(HttpStatusCode.OK);
        Assert.Equal(expected, mine.Text("displayName").Split(' ')[1]);
    }
}
