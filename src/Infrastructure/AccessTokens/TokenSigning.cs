using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Portico.Domain.Users;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>What differs between the tokens that Portico issues. The times are Unix seconds.</summary>
/// <param name="Audience">The <c>aud</c>: the service that accepts the token.</param>
/// <param name="Subject">The user (<c>sub</c>).</param>
/// <param name="IssuedAt">From when the token is valid.</param>
/// <param name="ExpiresAt">Until when it is valid.</param>
/// <param name="Roles">The roles, the highest first.</param>
/// <param name="Permissions">The permissions.</param>
internal readonly record struct TokenContent(
    string Audience, Guid Subject, long IssuedAt, long ExpiresAt, IEnumerable<Role> Roles, IEnumerable<string> Permissions)
{
    /// <summary>The session (<c>sid</c>); <c>null</c> for none.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>The secret of a service account that the token was issued for; the account is then the <c>client_id</c> too.</summary>
    public Guid? SecretId { get; init; }

    /// <summary>The token version of the user; <c>null</c> in a token that Portico itself does not accept.</summary>
    public int? Epoch { get; init; }
}

/// <summary>Makes signed tokens (RFC 9068).</summary>
internal static class TokenSigning
{
    private const int JtiBytes = 16;

    /// <summary>Issues a token with the claims that every token has.</summary>
    public static string Issue(TokenKey signer, TokenSettings settings, in TokenContent content)
    {
        var claims = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(claims))
            WriteClaims(writer, settings, content);
        return Sign(signer, claims.WrittenSpan);
    }

    private static void WriteClaims(Utf8JsonWriter writer, TokenSettings settings, in TokenContent content)
    {
        writer.WriteStartObject();
        writer.WriteString("iss"u8, settings.Issuer);
        writer.WriteString("aud"u8, content.Audience);
        writer.WriteString("sub"u8, content.Subject);
        if (content.SessionId is { } session)
            writer.WriteString("sid"u8, session);
        WriteTokenId(writer);
        if (content.SecretId is { } secret)
        {
            writer.WriteString("client_id"u8, content.Subject);
            writer.WriteString("secret_id"u8, secret);
            writer.WriteString("scope"u8, string.Join(' ', content.Permissions));
        }
        else
        {
            writer.WriteString("client_id"u8, settings.ClientId);
        }

        writer.WriteNumber("iat"u8, content.IssuedAt);
        writer.WriteNumber("nbf"u8, content.IssuedAt);
        writer.WriteNumber("exp"u8, content.ExpiresAt);
        if (content.Epoch is { } epoch)
            writer.WriteNumber("epoch"u8, epoch);
        writer.WriteStartArray("roles"u8);
        foreach (var role in content.Roles)
            writer.WriteStringValue(RoleNames.Of(role));
        writer.WriteEndArray();
        writer.WriteStartArray("permissions"u8);
        foreach (var permission in content.Permissions)
            writer.WriteStringValue(permission);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string Sign(TokenKey key, ReadOnlySpan<byte> claims)
    {
        var header = Header(key);
        var signedLength = Base64Url.GetEncodedLength(header.Length) + 1 + Base64Url.GetEncodedLength(claims.Length);
        var token = ArrayPool<byte>.Shared.Rent(signedLength + 1 + Base64Url.GetEncodedLength(key.SignatureLength));
        try
        {
            var length = Base64Url.EncodeToUtf8(header, token);
            token[length++] = (byte)'.';
            length += Base64Url.EncodeToUtf8(claims, token.AsSpan(length));

            Span<byte> signature = stackalloc byte[TokenKey.MaxSignatureLength];
            signature = signature[..key.SignatureLength];
            key.Sign(token.AsSpan(0, length), signature);
            token[length++] = (byte)'.';
            length += Base64Url.EncodeToUtf8(signature, token.AsSpan(length));
            return Encoding.ASCII.GetString(token, 0, length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(token);
        }
    }

    private static void WriteTokenId(Utf8JsonWriter writer)
    {
        Span<byte> random = stackalloc byte[JtiBytes];
        RandomNumberGenerator.Fill(random);
        Span<byte> text = stackalloc byte[Base64Url.GetEncodedLength(JtiBytes)];
        Base64Url.EncodeToUtf8(random, text);
        writer.WriteString("jti"u8, text);
    }

    private static byte[] Header(TokenKey key) =>
        Encoding.ASCII.GetBytes($$"""{"alg":"{{key.Algorithm}}","typ":"at+jwt","kid":"{{key.Id}}"}""");
}
