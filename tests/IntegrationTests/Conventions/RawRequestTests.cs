using System.Text;

namespace Portico.IntegrationTests.Conventions;

/// <summary>What is wrong below routing, written to a socket.</summary>
[Trait("Category", "Cases")]
public sealed class RawRequestTests(ProbeFixture probes) : IClassFixture<ProbeFixture>
{
    private const string Json = """{"displayName":"a"}""";
    private const string Post = $"POST {Requests.Probes} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";

    private ProbeApp App => probes.App;

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
