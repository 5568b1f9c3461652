using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portico.Auth.V1;

namespace Portico.Bench.Auth;

/// <summary>A server that checks nothing: what the machine, Kestrel and the generator take of a token check by themselves.</summary>
/// <remarks>The machines are shared, so the latency of a check at a fixed rate says little without it.</remarks>
internal static class BareServer
{
    /// <summary>The argument with which this program runs it.</summary>
    public const string Mode = "bare-server";

    /// <summary>Serves at the two addresses that the API would have, until it is stopped.</summary>
    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.WebHost.ConfigureKestrel(server =>
        {
            Listen("ASPNETCORE_URLS", HttpProtocols.Http1);
            Listen("Grpc__Url", HttpProtocols.Http2);

            void Listen(string variable, HttpProtocols protocols) => server.Listen(
                IPAddress.Loopback,
                new Uri(Environment.GetEnvironmentVariable(variable)!).Port,
                listener => listener.Protocols = protocols);
        });
        await using var app = builder.Build();
        app.MapGrpcService<BareAuth>();
        app.MapFallback(() => Results.Ok());
        await app.RunAsync();
        return 0;
    }

    private sealed class BareAuth : Portico.Auth.V1.Auth.AuthBase
    {
        public override Task<CheckResponse> Check(CheckRequest request, ServerCallContext context) => Task.FromResult(new CheckResponse());
    }
}
