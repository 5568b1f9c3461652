using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Portico.Bench.Load;

namespace Portico.Bench.UnitTests;

/// <summary>Calls by ready-made frames, on a Kestrel of this process.</summary>
public sealed class RpcConnectionTests
{
    private const string Path = "/portico.auth.v1.Auth/Check";

    // Longer than the prefix of a length, as real tokens are.
    private static readonly string Token = new('a', 1000);

    [Fact]
    public async Task A_call_has_its_message_and_its_token_and_gets_the_answer()
    {
        await using var app = await StartAsync();
        using var connection = new RpcConnection(new Uri(app.Urls.First()));
        var call = RpcConnection.Call(Path, Token, "what is asked"u8);

        // More than fit into the window that a connection begins with.
        for (var n = 0; n < 3_000; n++)
        {
            Assert.Equal(200, connection.Exchange(call));
            Assert.Equal("what is asked"u8, connection.Body);
        }
    }

    [Fact]
    public async Task An_error_is_no_success_and_leaves_the_connection_open()
    {
        await using var app = await StartAsync();
        using var connection = new RpcConnection(new Uri(app.Urls.First()));

        Assert.Equal(500, connection.Exchange(RpcConnection.Call(Path, "wrong", [])));
        Assert.Equal(200, connection.Exchange(RpcConnection.Call(Path, Token, [])));
    }

    /// <summary>Answers a call as gRPC over HTTP/2 says: the message with its length, then the status in the trailers.</summary>
    private static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server =>
            server.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            var isRight = context.Request is { Method: "POST", Path.Value: Path, ContentType: "application/grpc" }
                && context.Request.Headers.Authorization == $"Bearer {Token}";
            context.Response.ContentType = "application/grpc";
            if (isRight)
                await context.Response.Body.WriteAsync(body.ToArray(), context.RequestAborted);
            context.Response.AppendTrailer("grpc-status", isRight ? "0" : "16");
        });
        await app.StartAsync(CancellationToken.None);
        return app;
    }
}
