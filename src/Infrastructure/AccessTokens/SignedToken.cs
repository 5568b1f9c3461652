using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Writes a signed access token (RFC 7515, RFC 9068).</summary>
internal static class SignedToken
{
    private const int IdBytes = 16;

    /// <summary>Signs the claims.</summary>
    public static string Of(TokenKey key, ReadOnlySpan<byte> claims)
    {
        var header = Encoding.ASCII.GetBytes($$"""{"alg":"{{key.Algorithm}}","typ":"at+jwt","kid":"{{key.Id}}"}""");
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

    /// <summary>Writes a random <c>jti</c>.</summary>
    public static void WriteId(Utf8JsonWriter writer)
    {
        Span<byte> random = stackalloc byte[IdBytes];
        RandomNumberGenerator.Fill(random);
        Span<byte> text = stackalloc byte[Base64Url.GetEncodedLength(IdBytes)];
        Base64Url.EncodeToUtf8(random, text);
        writer.WriteString("jti"u8, text);
    }
}
