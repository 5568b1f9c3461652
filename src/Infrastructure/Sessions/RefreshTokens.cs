using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Portico.Application.Common;

namespace Portico.Infrastructure.Sessions;

/// <summary>Writes and reads refresh tokens and the cookies of sessions: user id, session id and generation, with a MAC.</summary>
/// <remarks>
/// 69 bytes in base64url: a format byte, user id, session id, generation (32 bits, big-endian), HMAC-SHA256 of all bytes before it.
/// The same generation always gives the same token, so a successor does not have to be stored. The format byte is under the MAC, so a
/// cookie is no refresh token and the reverse.
/// </remarks>
internal sealed class RefreshTokens(SessionSettings settings) : ISessionCookies
{
    private const byte TokenFormat = 1;
    private const byte CookieFormat = 2;
    private const int UserAt = 1;
    private const int SessionAt = UserAt + 16;
    private const int GenerationAt = SessionAt + 16;
    private const int MacAt = GenerationAt + sizeof(uint);
    private const int Length = MacAt + HMACSHA256.HashSizeInBytes;

    private readonly byte[] _key = settings.KeyBytes;

    public string Write(RefreshToken token) => Write(TokenFormat, token);

    /// <summary>Reads a refresh token; <c>null</c> for a text that this installation did not write.</summary>
    public RefreshToken? Read(string text) => Read(TokenFormat, text);

    /// <summary>Reads the cookie of a session; <c>null</c> for a text that this installation did not write.</summary>
    public RefreshToken? ReadCookie(string text) => Read(CookieFormat, text);

    public string CookieOf(string refreshToken) => Read(refreshToken) is { } token
        ? Write(CookieFormat, token)
        : throw new ArgumentException("This is no refresh token.", nameof(refreshToken));

    public string? RefreshTokenOf(string cookie) => ReadCookie(cookie) is { } token ? Write(token) : null;

    private string Write(byte format, RefreshToken token)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[0] = format;
        token.UserId.TryWriteBytes(bytes[UserAt..], bigEndian: true, out _);
        token.SessionId.TryWriteBytes(bytes[SessionAt..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[GenerationAt..], token.Generation);
        HMACSHA256.HashData(_key, bytes[..MacAt], bytes[MacAt..]);
        return Base64Url.EncodeToString(bytes);
    }

    private RefreshToken? Read(byte format, string text)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (text.Length != Base64Url.GetEncodedLength(Length)
            || !StrictBase64Url.TryDecode(text, bytes, out var length)
            || length != Length)
        {
            return null;
        }

        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, bytes[..MacAt], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[MacAt..]) || bytes[0] != format)
            return null;

        return new RefreshToken(
            new Guid(bytes.Slice(UserAt, 16), bigEndian: true),
            new Guid(bytes.Slice(SessionAt, 16), bigEndian: true),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[GenerationAt..]));
    }
}

/// <summary>The content of a refresh token; generations count from 1.</summary>
internal readonly record struct RefreshToken(Guid UserId, Guid SessionId, uint Generation);
