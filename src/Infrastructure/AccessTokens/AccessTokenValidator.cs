using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Portico.Application.Common.Security;
using Portico.Domain.Users;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Why an access token is not valid.</summary>
public enum TokenError
{
    None,
    TooLarge,
    Malformed,
    WrongType,
    UnsupportedHeader,
    UnknownKey,
    WrongAlgorithm,
    BadSignature,
    WrongIssuer,
    WrongAudience,
    Expired,
    NotYetValid,
    InvalidClaims,
}

/// <summary>Validates access tokens: accepts only an unchanged, unexpired token of <see cref="AccessTokenIssuer"/>.</summary>
/// <remarks>
/// Never throws for any input, after the keys are loaded. Stricter than RFC 7515, 7519 and 9068 require: the algorithm is the one of the
/// key, <c>kid</c> and <c>typ</c> are required, <c>crit</c> and <c>b64</c> are not allowed, members must not repeat, base64url is canonical
/// and times are whole seconds. The caller must check that the session is not revoked and that the token version is current.
/// </remarks>
public sealed class AccessTokenValidator(TokenKeys keys, TokenSettings settings, TimeProvider clock)
{
    public const int MaxLength = 8 * 1024;

    private const int MaxHeaderLength = 512;
    private const int MaxPermissions = 256;

    private static readonly SearchValues<char> Base64UrlAlphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static readonly JsonDocumentOptions JsonOptions = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    private readonly byte[] _issuer = Encoding.UTF8.GetBytes(settings.Issuer);
    private readonly byte[] _audience = Encoding.UTF8.GetBytes(settings.Audience);

    public bool TryValidate(ReadOnlySpan<char> token, [NotNullWhen(true)] out AccessTokenClaims? claims, out TokenError refusal)
    {
        claims = null;
        if (token.Length > MaxLength)
        {
            refusal = TokenError.TooLarge;
            return false;
        }

        // The signed characters as bytes, then room for one decoded part.
        var buffer = ArrayPool<byte>.Shared.Rent(2 * token.Length);
        try
        {
            refusal = Validate(token, buffer, out claims);
        }
        // The JSON reader can only report invalid JSON by an exception; InvalidOperationException means a string is not valid Unicode.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            refusal = TokenError.Malformed;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return claims is not null;
    }

    private TokenError Validate(ReadOnlySpan<char> token, byte[] buffer, out AccessTokenClaims? claims)
    {
        claims = null;
        var headerEnd = token.IndexOf('.');
        var payloadEnd = token.LastIndexOf('.');
        if (headerEnd < 0 || headerEnd > MaxHeaderLength || headerEnd == payloadEnd)
            return TokenError.Malformed;

        // A third dot would be in the payload, where the alphabet does not contain it.
        var header = token[..headerEnd];
        var payload = token[(headerEnd + 1)..payloadEnd];
        var signature = token[(payloadEnd + 1)..];
        if (!IsCanonicalBase64Url(header) || !IsCanonicalBase64Url(payload) || !IsCanonicalBase64Url(signature))
            return TokenError.Malformed;

        var signed = Encoding.ASCII.GetBytes(token[..payloadEnd], buffer);
        var free = buffer.AsMemory(signed);

        TokenKey? key;
        using (var json = Parse(header, free))
        {
            if (ValidateHeader(json.RootElement, out key) is not TokenError.None and var refusal)
                return refusal;
        }

        if (!HasSignatureOf(key!, buffer.AsSpan(0, signed), signature))
            return TokenError.BadSignature;

        using (var json = Parse(payload, free))
            return ValidateClaims(json.RootElement, out claims);
    }

    private TokenError ValidateHeader(JsonElement header, out TokenKey? key)
    {
        key = null;
        if (header.ValueKind != JsonValueKind.Object)
            return TokenError.Malformed;
        if (header.TryGetProperty("crit"u8, out _) || header.TryGetProperty("b64"u8, out _))
            return TokenError.UnsupportedHeader;
        if (!TryGetString(header, "typ"u8, out var type) || !IsAccessTokenType(type.GetString()))
            return TokenError.WrongType;
        if (!TryGetString(header, "kid"u8, out var id) || (key = keys.Current.Find(id)) is null)
            return TokenError.UnknownKey;
        if (!TryGetString(header, "alg"u8, out var algorithm) || !algorithm.ValueEquals(key.AlgorithmUtf8))
            return TokenError.WrongAlgorithm;

        return TokenError.None;
    }

    private static bool HasSignatureOf(TokenKey key, ReadOnlySpan<byte> signed, ReadOnlySpan<char> encoded)
    {
        if (encoded.Length != Base64Url.GetEncodedLength(key.SignatureLength))
            return false;

        Span<byte> signature = stackalloc byte[TokenKey.MaxSignatureLength];
        return key.Verify(signed, signature[..Base64Url.DecodeFromChars(encoded, signature)]);
    }

    private TokenError ValidateClaims(JsonElement json, out AccessTokenClaims? claims)
    {
        claims = null;
        if (json.ValueKind != JsonValueKind.Object)
            return TokenError.Malformed;
        if (!TryGetString(json, "iss"u8, out var issuer) || !issuer.ValueEquals(_issuer))
            return TokenError.WrongIssuer;
        if (!json.TryGetProperty("aud"u8, out var audience) || !IsForUs(audience))
            return TokenError.WrongAudience;

        if (!TryGetTime(json, "exp"u8, out var expiresAt)
            || !TryGetTime(json, "nbf"u8, out var notBefore)
            || !TryGetTime(json, "iat"u8, out var issuedAt)
            || !TryGetId(json, "sub"u8, out var subject)
            || !TryGetString(json, "jti"u8, out _)
            || !TryGetString(json, "client_id"u8, out var client)
            || !TryGetPermissions(json, out var permissions))
        {
            return TokenError.InvalidClaims;
        }

        var isService = json.TryGetProperty("secret_id"u8, out _);
        var (sessionId, epoch) = (Guid.Empty, 0);
        IReadOnlyList<Role>? roles = [];
        if (isService
            ? !IsOfService(json, client, subject, out sessionId)
            : !TryGetId(json, "sid"u8, out sessionId) || !TryGetEpoch(json, out epoch) || !TryGetRoles(json, out roles))
        {
            return TokenError.InvalidClaims;
        }

        var now = clock.GetUtcNow();
        if (now >= expiresAt + settings.ClockSkew)
            return TokenError.Expired;
        if (now < notBefore - settings.ClockSkew || now < issuedAt - settings.ClockSkew)
            return TokenError.NotYetValid;

        claims = new()
        {
            Subject = subject,
            SessionId = sessionId,
            Roles = roles,
            Permissions = permissions,
            Epoch = epoch,
            ExpiresAt = expiresAt,
            IsServiceAccount = isService,
        };
        return TokenError.None;
    }

    private bool IsForUs(JsonElement audience)
    {
        if (audience.ValueKind == JsonValueKind.String)
            return audience.ValueEquals(_audience);
        if (audience.ValueKind != JsonValueKind.Array)
            return false;

        var found = false;
        foreach (var item in audience.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
                return false;
            found |= item.ValueEquals(_audience);
        }

        return found;
    }

    // RFC 7515 omits "application/" in front of a type, and compares types as RFC 2045 does.
    private static bool IsAccessTokenType(ReadOnlySpan<char> type) =>
        Ascii.EqualsIgnoreCase(type, "at+jwt") || Ascii.EqualsIgnoreCase(type, "application/at+jwt");

    // The unused bits of the last character must be zero, or several texts would decode to the same token.
    private static bool IsCanonicalBase64Url(ReadOnlySpan<char> text) =>
        !text.IsEmpty
        && !text.ContainsAnyExcept(Base64UrlAlphabet)
        && (text.Length % 4) switch
        {
            0 => true,
            2 => "AQgw".Contains(text[^1]),
            3 => "AEIMQUYcgkosw048".Contains(text[^1]),
            _ => false,
        };

    private static JsonDocument Parse(ReadOnlySpan<char> part, Memory<byte> into) =>
        JsonDocument.Parse(into[..Base64Url.DecodeFromChars(part, into.Span)], JsonOptions);

    private static bool TryGetString(JsonElement json, ReadOnlySpan<byte> name, out JsonElement value) =>
        json.TryGetProperty(name, out value) && value.ValueKind == JsonValueKind.String;

    private static bool TryGetId(JsonElement json, ReadOnlySpan<byte> name, out Guid id)
    {
        id = default;
        return TryGetString(json, name, out var text) && text.TryGetGuid(out id) && id != Guid.Empty;
    }

    private static bool TryGetTime(JsonElement json, ReadOnlySpan<byte> name, out DateTimeOffset time)
    {
        // The limits (years 1971 to 9998) leave room for the clock skew at both ends.
        const long Earliest = 31_536_000;
        const long Latest = 253_370_764_800;
        time = default;
        if (!json.TryGetProperty(name, out var number) || number.ValueKind != JsonValueKind.Number
            || !number.TryGetInt64(out var seconds) || seconds is < Earliest or > Latest)
        {
            return false;
        }

        time = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return true;
    }

    // A token of a service account is none of a user, whatever else is in it.
    private static bool IsOfService(JsonElement json, JsonElement client, Guid subject, out Guid secretId) =>
        TryGetId(json, "secret_id"u8, out secretId)
        && client.TryGetGuid(out var account) && account == subject
        && !json.TryGetProperty("sid"u8, out _) && !json.TryGetProperty("epoch"u8, out _)
        && json.TryGetProperty("roles"u8, out var roles) && roles.ValueKind == JsonValueKind.Array && roles.GetArrayLength() == 0;

    private static bool TryGetEpoch(JsonElement json, out int epoch)
    {
        epoch = 0;
        return json.TryGetProperty("epoch"u8, out var number) && number.ValueKind == JsonValueKind.Number
            && number.TryGetInt32(out epoch) && epoch >= 0;
    }

    private static bool TryGetRoles(JsonElement json, [NotNullWhen(true)] out IReadOnlyList<Role>? roles)
    {
        roles = null;
        if (!json.TryGetProperty("roles"u8, out var array) || array.ValueKind != JsonValueKind.Array || array.GetArrayLength() == 0)
            return false;

        var found = new List<Role>(array.GetArrayLength());
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String || RoleNames.Find(item) is not { } role || (found.Count > 0 && role >= found[^1]))
                return false;
            found.Add(role);
        }

        roles = found;
        return true;
    }

    private static bool TryGetPermissions(JsonElement json, [NotNullWhen(true)] out IReadOnlyList<string>? permissions)
    {
        permissions = null;
        if (!json.TryGetProperty("permissions"u8, out var array)
            || array.ValueKind != JsonValueKind.Array
            || array.GetArrayLength() > MaxPermissions)
        {
            return false;
        }

        var found = new string[array.GetArrayLength()];
        foreach (var (index, item) in array.EnumerateArray().Index())
        {
            if (item.ValueKind != JsonValueKind.String)
                return false;
            found[index] = item.GetString()!;
        }

        permissions = found;
        return true;
    }
}
