using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Portico.Application.Common.Security;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Issues access tokens with which Portico names its caller to one other service.</summary>
public interface IDelegatedTokenIssuer
{
    /// <summary>A token with the identity of the caller, which is valid at one service only.</summary>
    /// <param name="caller">The caller of the current request.</param>
    /// <param name="audience">The <c>aud</c> that the service expects.</param>
    /// <exception cref="Application.Common.DependencyUnavailableException">There are no signing keys yet.</exception>
    string Issue(AccessTokenClaims caller, string audience);
}

/// <summary>Issues such tokens with the current signing key.</summary>
/// <remarks>
/// A token lives for <see cref="Lifetime"/>, and never longer than the caller's own. A signature costs about a millisecond, so a token
/// is used for half of its life. At most 10,000 tokens are kept. Portico refuses them itself, because of their audience. Thread-safe.
/// </remarks>
internal sealed class DelegatedTokenIssuer : IDelegatedTokenIssuer, IDisposable
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private const int MaxTokens = 10_000;

    private readonly MemoryCache _issued = new(Options.Create(new MemoryCacheOptions { SizeLimit = MaxTokens }));
    private readonly TokenKeys _keys;
    private readonly TimeProvider _clock;
    private readonly JsonEncodedText _issuer;
    private readonly JsonEncodedText _clientId;

    public DelegatedTokenIssuer(TokenKeys keys, TokenSettings settings, TimeProvider clock)
    {
        (_keys, _clock) = (keys, clock);
        (_issuer, _clientId) = (JsonEncodedText.Encode(settings.Issuer), JsonEncodedText.Encode(settings.ClientId));
    }

    public string Issue(AccessTokenClaims caller, string audience)
    {
        var signer = _keys.Current.Signer;
        var now = _clock.GetUtcNow();
        // The expiry is that of one token of the caller, which has one set of claims.
        var key = new IssuedKey(signer.Id, audience, caller.Subject, caller.SessionId, caller.Epoch, caller.ExpiresAt);
        if (_issued.TryGetValue(key, out Issued? issued) && now >= issued!.From && now < issued.Until)
            return issued.Token;

        var expires = caller.ExpiresAt < now + Lifetime ? caller.ExpiresAt : now + Lifetime;
        var token = TokenSigning.Sign(signer, Claims(caller, audience, now, expires));
        _issued.Set(
            key,
            new Issued(token, now, now + (Lifetime / 2)),
            new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Lifetime / 2 });
        return token;
    }

    public void Dispose() => _issued.Dispose();

    private ReadOnlySpan<byte> Claims(AccessTokenClaims caller, string audience, DateTimeOffset now, DateTimeOffset expires)
    {
        var payload = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(payload);
        writer.WriteStartObject();
        writer.WriteString("iss"u8, _issuer);
        writer.WriteString("aud"u8, audience);
        writer.WriteString("sub"u8, caller.Subject);
        writer.WriteString("sid"u8, caller.SessionId);
        TokenSigning.WriteTokenId(writer);
        writer.WriteString("client_id"u8, _clientId);
        writer.WriteNumber("iat"u8, now.ToUnixTimeSeconds());
        writer.WriteNumber("nbf"u8, now.ToUnixTimeSeconds());
        writer.WriteNumber("exp"u8, expires.ToUnixTimeSeconds());
        writer.WriteStartArray("roles"u8);
        foreach (var role in caller.Roles)
            writer.WriteStringValue(RoleNames.Of(role));
        writer.WriteEndArray();
        writer.WriteStartArray("permissions"u8);
        foreach (var permission in caller.Permissions)
            writer.WriteStringValue(permission);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return payload.WrittenSpan;
    }

    private sealed record IssuedKey(string Key, string Audience, Guid Subject, Guid Session, int Epoch, DateTimeOffset ExpiresAt);

    private sealed record Issued(string Token, DateTimeOffset From, DateTimeOffset Until);
}
