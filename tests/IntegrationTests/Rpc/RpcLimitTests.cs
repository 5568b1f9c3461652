using Grpc.Core;
using Grpc.Net.Client;
using Google.Rpc;
using Portico.Auth.V1;
using Portico.DevStack;
using Portico.Testing;

namespace Portico.IntegrationTests.Rpc;

/// <summary>How many calls of gRPC a client may make in a minute.</summary>
public sealed class RpcLimitTests
{
    // Of 1 a minute, in development.
    private const int Quota = 100;

    [Fact]
    public async Task Calls_that_sign_in_are_counted_like_requests_of_the_client_and_checks_are_not()
    {
        var rpc = $"http://127.0.0.1:{Ports.Free()}";
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
            {
                ["Grpc:Url"] = rpc,
                ["Proxies:Trusted:0"] = "127.0.0.1",
                ["Limits:ClientRequestsPerMinute"] = "1",
                ["Limits:UserRequestsPerMinute"] = "1",
            },
        });
        var person = await app.SignUpAsync();
        using var channel = GrpcChannel.ForAddress(rpc);
        var client = new Portico.Auth.V1.Auth.AuthClient(channel);
        AsyncUnaryCall<Tokens> Refresh(string from) =>
            client.RefreshAsync(new RefreshRequest { RefreshToken = "x" }, new Metadata { { "x-forwarded-for", from } });

        for (var n = 0; n < Quota; n++)
            await AuthServiceTests.RefusedAsync(StatusCode.Unauthenticated, "INVALID_REFRESH_TOKEN", Refresh("203.0.113.7"));
        var refused = await AuthServiceTests.RefusedAsync(StatusCode.ResourceExhausted, "TOO_MANY_REQUESTS", Refresh("203.0.113.7"));
        Assert.InRange(refused.GetDetail<RetryInfo>().RetryDelay.Seconds, 0, 60);
        await AuthServiceTests.RefusedAsync(StatusCode.Unauthenticated, "INVALID_REFRESH_TOKEN", Refresh("203.0.113.8"));

        // Services ask for every request that they get.
        var bearer = new Metadata { { "authorization", $"Bearer {person.AccessToken}" }, { "x-forwarded-for", "203.0.113.7" } };
        for (var n = 0; n <= Quota; n++)
            Assert.Equal(person.Id.ToString(), (await client.CheckAsync(new CheckRequest(), bearer)).Subject);
    }
}
