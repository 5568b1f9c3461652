using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Portico.Domain.Users;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Bench.Tokens;

/// <summary>What a sign-in and what every request pays for its access token.</summary>
public class TokenBenchmarks
{
    private readonly Guid _sessionId = Guid.CreateVersion7();
    private User _user = null!;
    private AccessTokenIssuer _issuer = null!;
    private AccessTokenValidator _validator = null!;
    private string _token = "";
    private string _changed = "";

    [Params("RS256", "ES256")]
    public string Algorithm { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        var settings = new TokenSettings { Issuer = "https://api.example.com" };
        var keys = new TokenKeys(new KeyRing(Algorithm == "RS256" ? NewRsa() : NewEc(), []));
        _issuer = new(keys, settings, TimeProvider.System);
        _validator = new(keys, settings, TimeProvider.System);
        _user = ContactAddress.TryParseEmail("ada@example.com", out var address)
            ? User.Register(address, "Ada", "en", TimeProvider.System.GetUtcNow())
            : throw new InvalidOperationException("The address of the benchmark is wrong.");
        _token = Sign();
        _changed = _token[..^8] + "AAAAAAAA";
        if (!Verify() || RefuseChanged())
            throw new InvalidOperationException("The validator is wrong about the tokens of the benchmark.");
    }

    [Benchmark]
    public string Sign() => _issuer.Issue(_user, _sessionId).Value;

    [Benchmark]
    public bool Verify() => _validator.TryValidate(_token, out _, out _);

    [Benchmark]
    public bool RefuseChanged() => _validator.TryValidate(_changed, out _, out _);

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
