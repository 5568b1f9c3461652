using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Portico.Application.Common.Security;
using Portico.Domain.Users;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Application.UnitTests;

/// <summary>An issuer and a validator that share keys and a clock, and the means to forge what they would never write.</summary>
internal sealed class TokenWorld
{
    public static readonly TokenKey Rsa = NewRsa();
    public static readonly TokenKey OtherRsa = NewRsa();
    public static readonly TokenKey Ec = NewEc();
    public static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public TokenWorld(TokenKey signer, params TokenKey[] others)
    {
        Keys = new(new KeyRing(signer, others));
        Issuer = new(Keys, Settings, Clock);
        Validator = new(Keys, Settings, Clock);
    }

    public static TokenSettings Settings { get; } = new() { Issuer = "https://portico.test/bff" };

    public ManualClock Clock { get; } = new(Noon);

    public TokenKeys Keys { get; }

    public AccessTokenIssuer Issuer { get; }

    public AccessTokenValidator Validator { get; }

    public User User { get; } = Somebody();

    public Guid SessionId { get; } = Guid.CreateVersion7();

    public static TokenWorld Of(string algorithm) => new(algorithm == "RS256" ? Rsa : Ec);

    public static TokenKey NewRsa(int bits = 2048)
    {
        using var rsa = RSA.Create(bits);
        return TokenKey.Of(rsa);
    }

    public static TokenKey NewEc()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return TokenKey.Of(ec);
    }

    public static User Somebody(Role role = Role.User)
    {
        Assert.True(ContactAddress.TryParseEmail("ada@example.com", out var address));
        var user = User.Register(address, "Ada", "en", Noon);
        user.AssignRole(role);
        return user;
    }

    public string Issue() => Issuer.Issue(User, SessionId).Value;

    public TokenError Judge(string token)
    {
        var valid = Validator.TryValidate(token, out var claims, out var error);
        Assert.Equal(valid, error == TokenError.None);
        Assert.Equal(valid, claims is not null);
        return error;
    }

    public AccessTokenClaims Accept(string token)
    {
        Assert.True(Validator.TryValidate(token, out var claims, out var error), error.ToString());
        return claims!;
    }

    /// <summary>The header that the issuer writes, ready to be spoilt.</summary>
    public JsonObject Header() => Json(Issue().Split('.')[0]);

    /// <summary>The claims that the issuer writes, ready to be spoilt.</summary>
    public JsonObject Claims() => Json(Issue().Split('.')[1]);

    /// <summary>A token whose signature is right, whatever it says.</summary>
    public string Forge(JsonNode? header = null, JsonNode? claims = null, TokenKey? key = null) =>
        ForgeText((header ?? Header()).ToJsonString(), (claims ?? Claims()).ToJsonString(), key);

    public string ForgeText(string header, string claims, TokenKey? key = null) =>
        ForgeBytes(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(claims), key);

    public string ForgeBytes(byte[] header, byte[] claims, TokenKey? key = null) =>
        Sign($"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(claims)}", key);

    public string Sign(string signed, TokenKey? key = null)
    {
        key ??= Keys.Current.Signer;
        var signature = new byte[key.SignatureLength];
        key.Sign(Encoding.ASCII.GetBytes(signed), signature);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    public static JsonObject Json(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!.AsObject();
}

/// <summary>A clock that stands still until it is set.</summary>
internal sealed class ManualClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => Now.Ticks;
}
