using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Portico.Infrastructure.Tokens;

namespace Portico.IntegrationTests.Tokens;

/// <summary>A verifier in another language needs the issuer's address and nothing else.</summary>
public sealed class JoseTests : IAsyncLifetime
{
    private readonly WebApplication _host = NewHost();
    private TokenDiscovery _discovery = null!;

    public async Task InitializeAsync()
    {
        _host.MapGet("/.well-known/openid-configuration", () => Results.Bytes(_discovery.Metadata().Json, "application/json"));
        _host.MapGet(TokenDiscovery.JwksPath, () => Results.Bytes(_discovery.Jwks().Json, "application/jwk-set+json"));
        await _host.StartAsync();
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task Jose_accepts_a_token_and_rejects_a_changed_a_foreign_and_an_expired_one(string algorithm)
    {
        var settings = new TokenSettings { Issuer = _host.Urls.First() };
        // Another key is published too, so that the verifier has to choose by kid.
        var keys = algorithm == "RS256" ? new TokenKeys(new KeyRing(NewRsa(), [NewEc()])) : new TokenKeys(new KeyRing(NewEc(), [NewRsa()]));
        _discovery = new(keys, settings);

        var verdicts = await JoseVerifier.JudgeAsync(settings.Issuer, settings.Audience, JoseTokens.Of(keys, settings));

        JoseTokens.AssertVerdicts(verdicts, settings);
    }

    private static WebApplication NewHost()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        return builder.Build();
    }

    private static TokenKey NewRsa()
    {
        using var rsa = RSA.Create(2048);
        return TokenKey.Of(rsa);
    }

    private static TokenKey NewEc()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return TokenKey.Of(ec);
    }
}
