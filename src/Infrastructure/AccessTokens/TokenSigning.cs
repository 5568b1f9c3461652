using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Makes a signed token (RFC 9068) of claims.</summary>
internal static class TokenSigning
{
    private const int JtiBytes = 16;

    /// <summary>Signs the JSON of the claims.</summary>
    public static string Sign(TokenKey key, ReadOnlySpan<byte> claims)
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

    /// <summary>Writes a new random <c>jti</c>.</summary>
    public static void WriteTokenId(Utf8JsonWriter writer)
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
