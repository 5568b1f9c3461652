using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Security;

namespace Portico.Application.Auth;

/// <summary>
/// What <c>toJSON()</c> of the result of <c>navigator.credentials.get()</c> gives (AuthenticationResponseJSON of WebAuthn).
/// </summary>
/// <remarks>Members that are not listed are ignored, because browsers add some.</remarks>
/// <example>
/// {"id":"bVlfUGFzc2tleV9JZA","rawId":"bVlfUGFzc2tleV9JZA","type":"public-key","clientExtensionResults":{},"response":{
/// "clientDataJSON":"eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0","authenticatorData":"SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAA",
/// "signature":"MEUCIQDx","userHandle":"AaH8fuehehWqP4roLExN3Q"}}
/// </example>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public record PasskeyAssertion
{
    /// <summary>The id of the credential, in base64url as all bytes here.</summary>
    public required string Id { get; init; }

    public required PasskeyAssertionResponse Response { get; init; }
}

/// <summary>The signed part of an assertion.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record PasskeyAssertionResponse
{
    [JsonPropertyName("clientDataJSON")]
    public required string ClientDataJson { get; init; }

    public required string AuthenticatorData { get; init; }
    public required string Signature { get; init; }
    public string? UserHandle { get; init; }
}

/// <summary>The new credential of a registration.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record PasskeyRegistrationResponse
{
    [JsonPropertyName("clientDataJSON")]
    public required string ClientDataJson { get; init; }

    public required string AttestationObject { get; init; }
}

/// <summary>For whom a challenge of WebAuthn was made; <c>null</c> for a person who is not signed in.</summary>
internal sealed record PasskeyChallenge(Guid? UserId);

/// <summary>The challenge in the answer of a browser.</summary>
internal static class ClientData
{
    /// <returns>The challenge that the browser got, or <c>null</c> for anything else; nothing is verified here.</returns>
    public static string? ChallengeOf(string clientDataJson)
    {
        try
        {
            using var data = JsonDocument.Parse(Base64Url.DecodeFromChars(clientDataJson));
            return data.RootElement.ValueKind == JsonValueKind.Object
                && data.RootElement.TryGetProperty("challenge", out var challenge)
                && challenge.ValueKind == JsonValueKind.String
                && challenge.GetString() is { } text && FieldRules.IsToken(text)
                ? text
                : null;
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>The rules of the fields of WebAuthn: base64url of bounded length.</summary>
internal static class PasskeyRules
{
    public const int MaxClientDataLength = 8_000;
    public const int MaxAttestationLength = 64_000;
    private const int MaxIdLength = 1_364;
    private const int MaxAuthenticatorDataLength = 8_000;
    private const int MaxSignatureLength = 4_000;
    private const int MaxUserHandleLength = 86;

    public static IRuleBuilderOptions<T, string?> IsCredentialId<T>(this IRuleBuilder<T, string?> rule) => rule.IsBase64Url(MaxIdLength);

    public static IRuleBuilderOptions<T, string?> IsBase64Url<T>(this IRuleBuilder<T, string?> rule, int maxLength) =>
        rule.Must(text => text is { Length: > 0 } && text.Length <= maxLength && Base64Url.IsValid(text) && !text.Contains('='))
            .WithMessage($"Give 1 to {maxLength} characters of base64url.");

    /// <summary>The rules of an assertion, which may be the request itself or a part of it.</summary>
    public static bool IsValid(PasskeyAssertion? assertion) =>
        assertion is { Id: not null, Response: not null }
        && IsBase64Url(assertion.Id, MaxIdLength)
        && IsBase64Url(assertion.Response.ClientDataJson, MaxClientDataLength)
        && IsBase64Url(assertion.Response.AuthenticatorData, MaxAuthenticatorDataLength)
        && IsBase64Url(assertion.Response.Signature, MaxSignatureLength)
        && (assertion.Response.UserHandle is null || IsBase64Url(assertion.Response.UserHandle, MaxUserHandleLength));

    private static bool IsBase64Url(string? text, int maxLength) =>
        text is { Length: > 0 } && text.Length <= maxLength && Base64Url.IsValid(text) && !text.Contains('=');
}
