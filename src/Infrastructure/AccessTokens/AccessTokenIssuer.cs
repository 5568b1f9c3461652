using System.Buffers;
using System.Text.Json;
using Portico.Application.Common.Security;
using Portico.Domain.Users;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Issues access tokens (RFC 9068), signed with the current signing key.</summary>
internal sealed class AccessTokenIssuer(TokenKeys keys, TokenSettings settings, TimeProvider clock) : IAccessTokenIssuer
{
    private readonly JsonEncodedText _issuer = JsonEncodedText.Encode(settings.Issuer);
    private readonly JsonEncodedText _audience = JsonEncodedText.Encode(settings.Audience);
    private readonly JsonEncodedText _clientId = JsonEncodedText.Encode(settings.ClientId);

    public AccessToken Issue(User user, Guid sessionId)
    {
        var payload = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(payload))
            WriteClaims(writer, user, sessionId);
        return new(TokenSigning.Sign(keys.Current.Signer, payload.WrittenSpan), settings.AccessTokenLifetime);
    }

    private void WriteClaims(Utf8JsonWriter writer, User user, Guid sessionId)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        writer.WriteStartObject();
        writer.WriteString("iss"u8, _issuer);
        writer.WriteString("aud"u8, _audience);
        writer.WriteString("sub"u8, user.Id);
        writer.WriteString("sid"u8, sessionId);
        TokenSigning.WriteTokenId(writer);
        writer.WriteString("client_id"u8, _clientId);
        writer.WriteNumber("iat"u8, now);
        writer.WriteNumber("nbf"u8, now);
        writer.WriteNumber("exp"u8, now + (long)settings.AccessTokenLifetime.TotalSeconds);
        writer.WriteNumber("epoch"u8, user.Epoch);
        writer.WriteStartArray("roles"u8);
        foreach (var role in user.Role.Implied())
            writer.WriteStringValue(RoleNames.Of(role));
        writer.WriteEndArray();
        writer.WriteStartArray("permissions"u8);
        foreach (var permission in Permissions.Of(user.Role))
            writer.WriteStringValue(permission);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
