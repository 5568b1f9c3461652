using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Portico.Testing;

namespace Portico.IntegrationTests.Gateway;

/// <summary>What a client must not reach, and nobody must believe, through the gateway.</summary>
[Collection(GatewayTestGroup.Name)]
public sealed class GatewayAttackTests(GatewayWorld world) : GatewayClientTests(world)
{
    private string Authorization => $"Authorization: Bearer {Person.AccessToken}\r\n";

    [Theory]
    [InlineData("reports")]
    [InlineData("passed")]
    [InlineData("open")]
    public async Task No_header_field_of_a_client_claims_an_identity(string route)
    {
        string[] claims =
        [
            "X-User", "X-User-Id", "x-user-roles", "X_User_Id", "X-USER-NAME", "X-Auth-User", "X-Auth-Request-Email", "X_Auth_User",
            "X-Forwarded-User", "X-Forwarded-For", "X_Forwarded_For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port",
            "X-Forwarded-Prefix", "X-Forwarded-Client-Cert", "X-Forwarded", "Forwarded", "Remote-User", "Remote_User", "X-Remote-User",
            "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Client-IP", "X-Original-URL", "X-Rewrite-URL",
            "X-HTTP-Method-Override", "X-Method-Override", "X-Portico-User", "X-Portico-Roles", "X-WEBAUTH-USER", "X-MS-CLIENT-PRINCIPAL",
            "X-Amzn-Oidc-Data", "X-Goog-Authenticated-User-Email", "X-SSL-Client-Cert", "SSL_CLIENT_S_DN", "Proxy-Authorization",
            "Proxy-Connection", "Via", "Baggage", "Correlation-Context", "X-Api-Key", "X-Host", "Origin",
        ];
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        var answer = await World.RawAsync(
            $"GET {Api}/{route}{path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n{Authorization}"
            + string.Concat(claims.Select(name => $"{name}: admin-evil\r\n")) + "\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        var arrived = Assert.Single(Service.At(path));
        Assert.DoesNotContain(arrived.Headers, header => header.Value.Contains("evil", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cookies_and_tokens_reach_only_a_service_that_the_settings_name()
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        foreach (var route in (string[])["reports", "unnamed", "passed"])
            (await Person.SendAsync(
                HttpMethod.Get, $"{Api}/{route}{path}", null, ("Cookie", "a=1; __Host-portico=session; portico=session; b=2"),
                ("X-Tenant", "t1")))
                .Dispose();
        Assert.Equal([null, null, "a=1; b=2"], Service.At(path).Select(arrival => arrival.Header("Cookie")));
        Assert.Equal([null, null, "t1"], Service.At(path).Select(arrival => arrival.Header("X-Tenant")));
        Assert.DoesNotContain(
            Service.At(path)[..2].SelectMany(arrival => arrival.Headers.Values),
            value => value.Contains(Person.AccessToken, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/api/v1/reports/../reports/x")]
    [InlineData("/api/v1/wallets/../reports/x")]
    [InlineData("/api/v1/reports/a/../../reports/x")]
    [InlineData("/api/v1/reports/%2e%2e/x")]
    [InlineData("/api/v1/reports/.%2E/reports/x")]
    [InlineData("/api/v1/reports/%2e%2e%2fx")]
    [InlineData("/api/v1/reports/..%2fx")]
    [InlineData("/api/v1/reports/a%2Fb")]
    [InlineData("/api/v1/reports/..%5cx")]
    [InlineData("/api/v1/reports/..\\x")]
    [InlineData("/api/v1/reports/%252e%252e/x")]
    [InlineData("/api/v1/reports/%252f")]
    [InlineData("/api/v1/reports/..;/x")]
    [InlineData("/api/v1/reports/..;a=b/x")]
    [InlineData("/api/v1/reports/..%3b/x")]
    [InlineData("/api/v1/reports/./x")]
    [InlineData("/api/v1/reports//evil.example/x")]
    [InlineData("/api/v1/reports/a//b")]
    [InlineData("/api/v1/reports/%00")]
    [InlineData("/api/v1/reports/%0d%0aX-User:%20admin")]
    [InlineData("/api/v1/reports/%ff")]
    [InlineData("/api/v1/reports/%c0%ae%c0%ae/x")]
    [InlineData("/api/v1/reports/%u002e")]
    [InlineData("/api/v1/reports/%")]
    public async Task A_path_that_servers_read_differently_goes_nowhere(string target)
    {
        var before = Service.Count;
        var answer = await World.RawAsync($"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{Authorization}\r\n");
        // What leads out of the service before any routing is simply another address.
        Assert.Matches("^HTTP/1.1 (400|404) ", answer);
        Assert.Equal(before, Service.Count);
    }

    [Theory]
    [InlineData("@evil.example/x")]
    [InlineData("http://evil.example/x")]
    [InlineData("x@evil.example:80")]
    [InlineData("%40evil.example")]
    [InlineData(":80/x")]
    [InlineData("?@evil.example")]
    [InlineData("x#@evil.example")]
    public async Task The_path_never_chooses_the_host(string rest)
    {
        var host = "";
        foreach (var slash in (string[])["", "/"])
        {
            var answer = await World.RawAsync(
                $"GET {Api}/reports{slash}{rest} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{Authorization}\r\n");
            Assert.Matches("^HTTP/1.1 (200|400|404) ", answer);
            host += answer.Contains("HTTP/1.1 200", StringComparison.Ordinal) ? "own" : "";
        }

        // The only network that a call could reach is that of this machine, so a foreign name would have been 503.
        Assert.True(host is "" or "own" or "ownown");
    }

    [Theory]
    [InlineData("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET /api/v1/reports/smuggled HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "5c\r\nGPOST /smuggled HTTP/1.1\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n", "abc")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding:\tchunked\r\nContent-Length: 0\r\n", "0\r\n\r\n")]
    [InlineData("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd")]
    [InlineData("Content-Length: 3, 4\r\n", "abcd")]
    [InlineData("Content-Length: +3\r\n", "abc")]
    [InlineData("Transfer-Encoding: chunked\r\n", "3;x=\"\r\nabc\r\n0\r\nX-User: admin\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n", "-1\r\nabc\r\n0\r\n\r\n")]
    public async Task Every_body_arrives_with_one_length_and_hides_no_request(string framing, string body)
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        await World.RawAsync(
            $"POST {Api}/reports{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{Authorization}"
            + $"Content-Type: text/plain\r\n{framing}\r\n{body}");
        Assert.Empty(Service.At("/smuggled"));
        Assert.True(Service.At(path).Length <= 1);
        Assert.All(
            Service.At(path),
            arrival =>
            {
                Assert.Null(arrival.Header("Transfer-Encoding"));
                Assert.Null(arrival.Header("X-User"));
                Assert.Equal($"{arrival.Body.Length}", arrival.Header("Content-Length"));
            });
    }

    [Fact]
    public async Task A_line_break_adds_no_header_field()
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        foreach (var value in (string[])["a\r\n X-User: admin", "a\rX-User: admin", "a\nX-User: admin", "a\0b"])
        {
            await World.RawAsync(
                $"GET {Api}/reports{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{Authorization}User-Agent: {value}\r\n\r\n");
        }

        Assert.All(Service.At(path), arrival => Assert.Null(arrival.Header("X-User")));
        await World.RawAsync(
            $"GET {Api}/reports{path}?a=%0d%0aX-User:%20admin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{Authorization}\r\n");
        Assert.Equal($"{path}?a=%0d%0aX-User:%20admin", Service.At(path)[^1].Target);
        Assert.Null(Service.At(path)[^1].Header("X-User"));
    }

    [Fact]
    public async Task Fields_of_the_connection_end_at_the_gateway_and_remove_nothing_that_portico_says()
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        await World.RawAsync(
            $"GET {Api}/reports{path} HTTP/1.1\r\nHost: x\r\n"
            + "Connection: If-None-Match, Authorization, X-Forwarded-For, traceparent\r\n"
            + "Keep-Alive: timeout=5\r\nTE: trailers\r\nTrailer: X-User\r\nExpect: 100-continue\r\n"
            + $"If-None-Match: \"a\"\r\n{Authorization}\r\n"
            // The server itself reads close as the whole field, so it is in a second request.
            + "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        var arrived = Assert.Single(Service.At(path));
        Assert.All(
            (string[])["Connection", "Keep-Alive", "TE", "Trailer", "Expect", "If-None-Match"], name => Assert.Null(arrived.Header(name)));
        Assert.All(
            (string[])["Authorization", "X-Forwarded-For", "traceparent"], name => Assert.NotNull(arrived.Header(name)));
    }

    [Fact]
    public async Task An_absolute_target_and_a_foreign_host_stay_at_this_service()
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        var own = World.App.Api.Authority;
        await World.RawAsync($"GET http://{own}{Api}/reports{path} HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n{Authorization}\r\n");
        await World.RawAsync(
            $"GET http://evil.example{Api}/reports{path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n{Authorization}\r\n");
        await World.RawAsync($"GET {Api}/reports{path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n{Authorization}\r\n");
        Assert.Equal(3, Service.At(path).Length);
        Assert.All(Service.At(path), arrival => Assert.Equal(Service.Address.Authority, arrival.Header("Host")));
        Assert.All(Service.At(path), arrival => Assert.Equal(own, arrival.Header("X-Forwarded-Host")));

        var differs = await World.RawAsync(
            $"GET http://evil.example{Api}/reports{path} HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n{Authorization}\r\n");
        Assert.StartsWith("HTTP/1.1 400", differs, StringComparison.Ordinal);
        Assert.Equal(3, Service.At(path).Length);
    }

    [Theory]
    [InlineData("TRACE")]
    [InlineData("TRACK")]
    [InlineData("DEBUG")]
    [InlineData("PROPFIND")]
    [InlineData("OPTIONS")]
    public async Task Takes_no_other_method(string method)
    {
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        var answer = await World.RawAsync(
            $"{method} {Api}/reports{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{Authorization}Content-Length: 0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 405", answer, StringComparison.Ordinal);
        Assert.Empty(Service.At(path));
    }

    [Fact]
    public async Task Opens_no_tunnel()
    {
        var (before, authority) = (Service.Count, Service.Address.Authority);
        var connect = await World.RawAsync($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
        Assert.DoesNotContain("HTTP/1.1 200", connect, StringComparison.Ordinal);
        Assert.Equal(before, Service.Count);

        var path = Service.On(context => context.Response.WriteAsync("plain"));
        foreach (var protocol in (string[])["websocket", "h2c", "TLS/1.0"])
        {
            var answer = await World.RawAsync(
                $"GET {Api}/reports{path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: {protocol}\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
                + $"{Authorization}\r\n");
            Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        }

        Assert.Equal(3, Service.At(path).Length);
        Assert.DoesNotContain(
            Service.At(path).SelectMany(arrival => arrival.Headers.Keys),
            name => name.StartsWith("Sec-", StringComparison.OrdinalIgnoreCase) || name is "Upgrade" or "HTTP2-Settings");
    }

    [Fact]
    public async Task Speaks_http2_with_the_same_rules()
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == World.Thumbprint },
        };
        using var client = new HttpClient(handler) { BaseAddress = World.Secure };
        var path = Service.On(context => context.Response.WriteAsync("ok"));
        using var answer = await Send($"{Api}/reports{path}?a=1");
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        var arrived = Assert.Single(Service.At(path));
        Assert.Equal((Service.Address.Authority, $"{path}?a=1"), (arrived.Header("Host"), arrived.Target));
        Assert.Null(arrived.Header("X-User-Id"));
        Assert.Null(arrived.Header("TE"));

        using var encoded = await Send($"{Api}/reports/a%2Fb");
        Assert.Equal(HttpStatusCode.BadRequest, encoded.StatusCode);

        // A request that is a WebSocket in HTTP/2 (RFC 8441).
        using var socket = new HttpRequestMessage(HttpMethod.Connect, $"{Api}/reports{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        socket.Headers.Protocol = "websocket";
        socket.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Person.AccessToken}");
        try
        {
            using var refused = await client.SendAsync(socket);
            Assert.NotEqual(HttpStatusCode.OK, refused.StatusCode);
        }
        catch (HttpRequestException)
        {
            // The server does not offer it.
        }

        Assert.Single(Service.At(path));

        Task<HttpResponseMessage> Send(string target)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, target)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Person.AccessToken}");
            request.Headers.TryAddWithoutValidation("X-User-Id", "admin");
            request.Headers.TryAddWithoutValidation("TE", "trailers");
            return client.SendAsync(request);
        }
    }

    [Fact]
    public async Task A_call_is_made_once_even_when_the_service_closes_its_connection()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var requests = 0;
        var server = Task.Run(async () =>
        {
            for (var connection = 0; connection < 2; connection++)
            {
                using var socket = await listener.AcceptSocketAsync();
                var buffer = new byte[8192];
                // The first request of a connection is answered; the next one is read, and the connection closed.
                for (var n = 0; n < 2 && await socket.ReceiveAsync(buffer) > 0; n++)
                {
                    Interlocked.Increment(ref requests);
                    if (n == 0)
                        await socket.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
                }
            }
        });
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            ReplicaOf = World.App,
            Settings =
            {
                ["urls"] = $"http://127.0.0.1:{DevStack.Ports.Free()}",
                ["Gateway:Routes:once:Address"] = $"http://{listener.LocalEndpoint}",
                ["Gateway:Routes:once:Anonymous"] = "true",
            },
        });
        using var first = await app.Client.PostAsync($"{Api}/once/x", null);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        await app.Client.PostAsync($"{Api}/once/x", null).Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
        Assert.Equal(2, Volatile.Read(ref requests));
        listener.Stop();
        await Task.WhenAny(server);
    }
}
