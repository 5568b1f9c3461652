using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Portico.Application.Common.Security;
using Portico.Domain.Users;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Issues access tokens (RFC 9068), signed with the current signing key.</summary>
internal sealed class AccessTokenIssuer(TokenKeys keys, TokenSettings settings, TimeProvider clock) : IAccessTokenIssuer
{
    private const int JtiBytes = 16;

    private readonly JsonEncodedText _issuer = JsonEncodedText.Encode(settings.Issuer);
    private readonly JsonEncodedText _audience = JsonEncodedText.Encode(settings.Audience);
    private readonly JsonEncodedText _clientId = JsonEncodedText.Encode(settings.ClientId);

    public AccessToken Issue(User user, Guid sessionId)
    {
        var key = keys.Current.Signer;
        var payload = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(payload))
            WriteClaims(writer, user, sessionId);

        var header = Header(key);
        var signedLength = Base64Url.GetEncodedLength(header.Length) + 1 + Base64Url.GetEncodedLength(payload.WrittenCount);
        var token = ArrayPool<byte>.Shared.Rent(signedLength + 1 + Base64Url.GetEncodedLength(key.SignatureLength));
        try
        {
            var length = Base64Url.EncodeToUtf8(header, token);
            token[length++] = (byte)'.';
            length += Base64Url.EncodeToUtf8(payload.WrittenSpan, token.AsSpan(length));

            Span<byte> signature = stackalloc byte[TokenKey.MaxSignatureLength];
            signature = signature[..key.SignatureLength];
            key.Sign(token.AsSpan(0, length), signature);
            token[length++] = (byte)'.';
            length += Base64Url.EncodeToUtf8(signature, token.AsSpan(length));
            return new(Encoding.ASCII.GetString(token, 0, length), settings.AccessTokenLifetime);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(token);
        }
    }

    private static byte[] Header(TokenKey key) =>
        Encoding.ASCII.GetBytes($$"""{"alg":"{{key.Algorithm}}","typ":"at+jwt","kid":"{{key.Id}}"}""");

    private void WriteClaims(Utf8JsonWriter writer, User user, Guid sessionId)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        writer.WriteStartObject();
        writer.WriteString("iss"u8, _issuer);
        writer.WriteString("aud"u8, _audience);
        writer.WriteString("sub"u8, user.Id);
        writer.WriteString("sid"u8, sessionId);
        WriteTokenId(writer);
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

    private static void WriteTokenId(Utf8JsonWriter writer)
    {
        Span<byte> random = stackalloc byte[JtiBytes];
        RandomNumberGenerator.Fill(random);
        Span<byte> text = stackalloc byte[Base64Url.GetEncodedLength(JtiBytes)];
        Base64Url.EncodeToUtf8(random, text);
        writer.WriteString("jti"u8, text);
    }
}
