using System.Buffers;
using System.Text.Json;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Issues the tokens with which Portico itself calls another service about one user.</summary>
/// <remarks>
/// They have the audience of that service only, no role and no session, so Portico and other services refuse them.
/// </remarks>
internal sealed class ServiceTokenIssuer(TokenKeys keys, TokenSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>Issues a token that is valid for a minute.</summary>
    /// <param name="audience">The service that accepts it.</param>
    /// <param name="userId">The user whom the call is about (<c>sub</c>).</param>
    /// <param name="permission">What the service may do for Portico; a permission that no role has.</param>
    public string Issue(string audience, Guid userId, string permission)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var claims = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(claims))
        {
            writer.WriteStartObject();
            writer.WriteString("iss"u8, settings.Issuer);
            writer.WriteString("aud"u8, audience);
            writer.WriteString("sub"u8, userId);
            TokenSigning.WriteTokenId(writer);
            writer.WriteString("client_id"u8, settings.ClientId);
            writer.WriteNumber("iat"u8, now);
            writer.WriteNumber("nbf"u8, now);
            writer.WriteNumber("exp"u8, now + (long)Lifetime.TotalSeconds);
            writer.WriteStartArray("roles"u8);
            writer.WriteEndArray();
            writer.WriteStartArray("permissions"u8);
            writer.WriteStringValue(permission);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return TokenSigning.Sign(keys.Current.Signer, claims.WrittenSpan);
    }
}
