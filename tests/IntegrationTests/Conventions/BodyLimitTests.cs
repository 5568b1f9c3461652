using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portico.IntegrationTests.Conventions;

/// <summary>A body that is too large is refused so that its sender learns of it.</summary>
public sealed class BodyLimitTests : IAsyncLifetime
{
    private const int Limit = 1024 * 1024;
    private ProbeApp _app = null!;

    public async Task InitializeAsync() => _app = await ProbeApp.StartAsync();

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Theory]
    [InlineData(Requests.Probes, false)]
    [InlineData(Requests.Probes, true)]
    [InlineData($"{Requests.Probes}/unread", false)]
    [InlineData("/nowhere", false)]
    public async Task Tells_a_client_that_is_still_sending(string path, bool isChunked)
    {
        for (var size = Limit + 1; size <= 6 * Limit; size += 2 * Limit)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path);
            request.Content = new ByteArrayContent(new byte[size]) { Headers = { ContentType = new("application/json") } };
            request.Headers.TransferEncodingChunked = isChunked;
            var response = await _app.Client.SendAsync(request);
            await response.Problem(HttpStatusCode.RequestEntityTooLarge, "body_too_large");
            Assert.True(response.Headers.ConnectionClose);
        }
    }

    [Fact]
    public async Task Takes_a_body_of_exactly_the_limit()
    {
        const string Frame = """{"displayName":""}""";
        var body = Frame.Insert(Frame.Length - 2, new string('x', Limit - Frame.Length));
        Assert.Equal(Limit, Encoding.UTF8.GetByteCount(body));
        Assert.Equal(HttpStatusCode.OK, (await _app.SendJson(body)).StatusCode);
    }

    [Fact]
    public async Task Refuses_at_once_who_asks_first()
    {
        using var client = new TcpClient();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await client.ConnectAsync(_app.Api.Host, _app.Api.Port, deadline.Token);
        await using var stream = client.GetStream();
        var request = $"POST {Requests.Probes} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + "Content-Length: 5000000\r\nExpect: 100-continue\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), deadline.Token);
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 413", await reader.ReadLineAsync(deadline.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stops_listening_to_a_sender_without_end()
    {
        using var client = new TcpClient();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await client.ConnectAsync(_app.Api.Host, _app.Api.Port, deadline.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST {Requests.Probes} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"),
            deadline.Token);
        var chunk = Encoding.ASCII.GetBytes($"10000\r\n{new string('x', 0x10000)}\r\n");
        var sent = 0L;
        try
        {
            while (sent < 256L * Limit)
            {
                await stream.WriteAsync(chunk, deadline.Token);
                sent += 0x10000;
            }
        }
        catch (IOException)
        {
            // Closed by the server, as is right.
        }

        Assert.True(sent < 64L * Limit, $"{sent} bytes were taken.");
    }

    [Fact]
    public async Task Says_so_when_the_limit_is_set_otherwise()
    {
        await using var small = await ProbeApp.StartAsync(("Limits:MaxBodyBytes", "10"));
        await small.SendJson("""{"displayName":"a"}""").Problem(HttpStatusCode.RequestEntityTooLarge, "body_too_large");
    }
}

public sealed class DeadlineTests
{
    [Fact]
    public async Task Gives_up_what_takes_too_long()
    {
        await using var app = await ProbeApp.StartAsync(("Limits:RequestTimeout", "00:00:01"));
        await app.Get($"{Requests.Probes}/slow?milliseconds=20000").Problem(HttpStatusCode.GatewayTimeout, "timeout");
        Assert.Equal(HttpStatusCode.NoContent, (await app.Get($"{Requests.Probes}/slow?milliseconds=1")).StatusCode);
    }

    [Fact]
    public async Task Gives_up_a_body_that_does_not_come()
    {
        await using var app = await ProbeApp.StartAsync(("Limits:RequestTimeout", "00:00:01"));
        // So that the next request arrives at once.
        using var first = await app.SendJson("""{"displayName":"a"}""");
        var answer = await app.RawAsync(
            $"POST {Requests.Probes} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"request_timeout\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_a_client_that_left_no_failure()
    {
        await using var app = await ProbeApp.StartAsync();
        // So that the next request arrives at once.
        await app.Get($"{Requests.Probes}/slow?milliseconds=1").Json(HttpStatusCode.NoContent);
        var before = app.Options.Log.Lines.Count;
        using var impatient = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        var id = $"gone-{Guid.NewGuid():N}";
        var request =
            new HttpRequestMessage(HttpMethod.Get, $"{Requests.Probes}/slow?milliseconds=20000") { Headers = { { "X-Request-Id", id } } };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => app.Client.SendAsync(request, impatient.Token));
        await Testing.Eventually.Holds(
            () => Task.FromResult(app.Options.Log.Lines.Any(line =>
                line.RequestId == id && line.Message.Contains(" 499 in ", StringComparison.Ordinal))),
            "the access line");
        Assert.DoesNotContain(app.Options.Log.Lines.Skip(before), line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }
}
