using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Portico.Testing;

namespace Portico.IntegrationTests.Conventions;

/// <summary>Bytes that are almost HTTP/1.1, written to a socket.</summary>
public sealed partial class RawFuzzTests(ProbeFixture probes) : IClassFixture<ProbeFixture>
{
    private const int RequestsEach = 50;
    private const int MaxAnswer = 1024 * 1024;

    private static readonly string[] Methods =
        ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "FOO", "get", "", "G\0T"];
    private static readonly string[] Targets =
    [
        Requests.Probes, $"{Requests.Probes}?limit=5", $"{Requests.Probes}/mine", "/", "*", "http://x/api/v1/probes", "http://", "x:80",
        "//", "/..",
        "/%00", "/%", "/%ff", "/api/v1/probes?%", "/api/v1/probes?q=%ff", "/api/v1/probes?a=\0", "/ä", "/a b", "", "/health/live",
        "/openapi/v1.json",
        "/" + new string('x', 9_000), "/api/v1/probes?" + new string('y', 20_000),
    ];
    private static readonly string[] Versions =
        ["HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.1 ", "HTTP", ""];
    private static readonly string[] HeaderLines =
    [
        "Host: y", "Host:", "Host: a b", "Content-Length: 5", "Content-Length: +5", "Content-Length: -5", "Content-Length: 5, 5",
        "Content-Length: 99999999999999999999", "Content-Length: 4294967296", "Content-Length: 2000000", "Transfer-Encoding: chunked",
        "Transfer-Encoding: x, chunked",
        "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, chunked", "transfer-encoding:chunked", "Transfer-Encoding : chunked",
        "Expect: 100-continue", "Expect: x",
        "Content-Type: application/json", "Content-Type: text/plain", "Content-Type:", "Content-Encoding: gzip",
        "Authorization: Bearer x", "Accept: x",
        "Accept: text/csv;charset=utf-16", "Connection: close, x", "Connection: keep-alive", "Connection: upgrade", "Upgrade: websocket",
        "Upgrade: h2c",
        "If-Match: *", "X: \u00ff", "X: \0", "X : y", ": y", "X", " folded", "X: y\r", "X: y\n", "Cookie: a=b",
        "X-Forwarded-For: 1.2.3.4", "Origin: null",
    ];
    private static readonly string[] ChunkSizes =
        ["13", "0", "1", "80000000", "ffffffff", "7fffffff", "fffffffffffffffff", "-1", "0x5", "", " 5", "5 ", "5;a=b", "5;\"", "g",
         "100000", "5\n"];
    private static readonly string[] Bodies = ["", "{\"displayName\":\"a\"}", "{", "\0", "hello", "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"];

    // What the server answers itself, before any code of the API runs: docs/api/errors.md.
    private static readonly int[] BareStatuses = [400, 405, 408, 414, 431, 505];

    private ProbeApp App => probes.App;

    /// <summary>200 runs are 10,000 requests.</summary>
    [Fact]
    [Trait("Category", Campaign.Category)]
    public async Task Answers_any_bytes_with_success_problem_details_or_the_bare_answers_that_are_documented()
    {
        await Campaign.Run(runsInSuite: 4, async seed =>
        {
            var random = new Random(seed);
            for (var n = 0; n < RequestsEach; n++)
            {
                var request = Request(random);
                if (Judge(await Send(request)) is { } wrong)
                    throw new InvalidOperationException(
                        $"Request {n}: {wrong}\n{Regex.Escape(Encoding.Latin1.GetString(request, 0, Math.Min(request.Length, 1_000)))}");
            }
        });
        Assert.DoesNotContain(App.Options.Log.Lines, line => line.Level >= LogLevel.Error);
    }

    private static string? Judge(string answers)
    {
        foreach (Match answer in Answer().Matches(answers))
        {
            var (status, head, body) = (int.Parse(answer.Groups["status"].Value), answer.Groups["head"].Value, answer.Groups["body"].Value);
            if (status < 400)
                continue;
            if (!head.Contains("X-Request-Id: ", StringComparison.Ordinal))
            {
                if (!BareStatuses.Contains(status) || !head.Contains("Content-Length: 0\r\n", StringComparison.Ordinal))
                    return $"a bare {status}: {head}";
                continue;
            }

            if (status >= 500)
                return $"{status}: {body}";
            if (!head.Contains("Content-Type: application/problem+json\r\n", StringComparison.Ordinal))
                return $"{status} without Problem Details: {head}";
        }

        return null;
    }

    private async Task<string> Send(byte[] request)
    {
        using var client = new TcpClient();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await client.ConnectAsync(App.Api.Host, App.Api.Port, deadline.Token);
        await using var stream = client.GetStream();
        var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(request, deadline.Token);
            // The server waits for no more than this, whatever the length says.
            client.Client.Shutdown(SocketShutdown.Send);
            var buffer = new byte[16 * 1024];
            while (answer.Length < MaxAnswer && await stream.ReadAsync(buffer, deadline.Token) is > 0 and var read)
                answer.Write(buffer, 0, read);
        }
        catch (IOException)
        {
            // The server closed the connection before it had read everything; what it answered counts.
        }

        return Encoding.Latin1.GetString(answer.GetBuffer(), 0, (int)answer.Length);
    }

    private static byte[] Request(Random random)
    {
        string Of(string[] choices) => choices[random.Next(choices.Length)];
        bool Happens(int percent) => random.Next(100) < percent;
        var newLine = Happens(92) ? "\r\n" : Of(["\n", "\r", "\r\r\n", ""]);
        var request = new StringBuilder();
        request.Append(Happens(80) ? Of(["GET", "POST"]) : Of(Methods)).Append(' ').Append(Happens(60) ? Requests.Probes : Of(Targets))
            .Append(' ').Append(Happens(85) ? "HTTP/1.1" : Of(Versions)).Append(newLine);
        if (Happens(90))
            request.Append("Host: x").Append(newLine);
        for (var headers = random.Next(5); headers > 0; headers--)
            request.Append(Of(HeaderLines)).Append(newLine);
        if (Happens(3))
            request.Append("X-Long: ").Append('z', random.Next(70_000)).Append(newLine);
        if (Happens(2))
            request.Append(string.Concat(Enumerable.Range(0, 150).Select(n => $"X-{n}: y{newLine}")));
        if (Happens(40))
        {
            request.Append("Content-Type: application/json").Append(newLine)
                .Append("Transfer-Encoding: chunked").Append(newLine).Append(newLine);
            for (var chunks = random.Next(3); chunks > 0; chunks--)
                request.Append(Of(ChunkSizes)).Append(newLine).Append(Of(Bodies)).Append(newLine);
            request.Append(Happens(80) ? $"0{newLine}{newLine}" : "");
        }
        else
        {
            request.Append(newLine).Append(Of(Bodies));
        }

        var bytes = Encoding.Latin1.GetBytes(request.ToString());
        if (Happens(25))
        {
            for (var times = random.Next(1, 5); times > 0; times--)
                bytes[random.Next(Math.Min(bytes.Length, 300))] = (byte)random.Next(256);
        }

        return Happens(10) ? bytes[..random.Next(1, bytes.Length)] : bytes;
    }

    [GeneratedRegex(
        @"HTTP/1\.[01] (?<status>[0-9]{3}) [^\r]*\r\n(?<head>[\s\S]*?\r\n)\r\n(?<body>[\s\S]*?)(?=HTTP/1\.[01] [0-9]{3} |\z)",
        RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Answer();
}
