using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Portico.IntegrationTests.SecondFactors;

/// <summary>What an authenticator and its browser say, with the mistakes or lies of a test.</summary>
internal sealed record Ceremony
{
    public required string Type { get; init; }
    public required string Challenge { get; init; }
    public required string Origin { get; init; }
    public required string RelyingPartyId { get; init; }
    public required uint SignCount { get; init; }
    public byte[]? UserHandle { get; init; }
    public bool IsCrossOrigin { get; init; }
    public bool IsPresent { get; init; } = true;
    public bool IsVerified { get; init; } = true;

    /// <summary>The COSE number of the algorithm that the new key claims.</summary>
    public int Algorithm { get; init; } = -7;

    /// <summary>What happens to the signed bytes after the signature.</summary>
    public Action<byte[]> Forge { get; init; } = _ => { };
}

/// <summary>An authenticator that holds one passkey (ES256, attestation "none"), and the browser in front of it.</summary>
internal sealed class SoftwareAuthenticator(Uri api)
{
    private const byte UserPresent = 1;
    private const byte UserVerified = 4;
    private const byte HasCredential = 0x40;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Origin { get; } = $"http://localhost:{api.Port}";

    public byte[] CredentialId { get; init; } = RandomNumberGenerator.GetBytes(32);

    public uint SignCount { get; set; }

    public byte[]? UserHandle { get; private set; }

    /// <summary>Makes the passkey; gives RegistrationResponseJSON.</summary>
    public JsonElement Register(JsonElement options, Func<Ceremony, Ceremony>? lie = null, string? name = null)
    {
        UserHandle = Base64Url.DecodeFromChars(options.GetProperty("user").GetProperty("id").GetString());
        var said = Begin("webauthn.create", options.GetProperty("challenge").GetString()!, options.GetProperty("rp").Text("id"), lie);
        var writer = new CborWriter(CborConformanceMode.Ctap2Canonical);
        writer.WriteStartMap(3);
        writer.WriteTextString("fmt");
        writer.WriteTextString("none");
        writer.WriteTextString("attStmt");
        writer.WriteStartMap(0);
        writer.WriteEndMap();
        writer.WriteTextString("authData");
        byte[] data =
        [
            .. AuthenticatorData(said, HasCredential), .. new byte[16], .. Length(), .. CredentialId, .. CoseKey(said.Algorithm),
        ];
        said.Forge(data);
        writer.WriteByteString(data);
        writer.WriteEndMap();
        return JsonSerializer.SerializeToElement(new
        {
            name,
            id = Base64Url.EncodeToString(CredentialId),
            rawId = Base64Url.EncodeToString(CredentialId),
            type = "public-key",
            authenticatorAttachment = "platform",
            clientExtensionResults = new { credProps = new { rk = true } },
            response = new
            {
                clientDataJSON = Base64Url.EncodeToString(ClientData(said)),
                attestationObject = Base64Url.EncodeToString(writer.Encode()),
                transports = (string[])["internal", "hybrid"],
                publicKeyAlgorithm = said.Algorithm,
            },
        });
    }

    /// <summary>Signs in; gives AuthenticationResponseJSON.</summary>
    public JsonElement Assert(JsonElement options, Func<Ceremony, Ceremony>? lie = null)
    {
        var said = Begin("webauthn.get", options.Text("challenge"), options.Text("rpId"), lie);
        var data = AuthenticatorData(said, 0);
        var clientData = ClientData(said);
        var signature = _key.SignData(
            [.. data, .. SHA256.HashData(clientData)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        said.Forge(data);
        return JsonSerializer.SerializeToElement(new
        {
            id = Base64Url.EncodeToString(CredentialId),
            rawId = Base64Url.EncodeToString(CredentialId),
            type = "public-key",
            authenticatorAttachment = "platform",
            clientExtensionResults = new { },
            response = new
            {
                clientDataJSON = Base64Url.EncodeToString(clientData),
                authenticatorData = Base64Url.EncodeToString(data),
                signature = Base64Url.EncodeToString(signature),
                userHandle = said.UserHandle is null ? null : Base64Url.EncodeToString(said.UserHandle),
            },
        });
    }

    private Ceremony Begin(string type, string challenge, string relyingPartyId, Func<Ceremony, Ceremony>? lie)
    {
        var truth = new Ceremony
        {
            Type = type,
            Challenge = challenge,
            Origin = Origin,
            RelyingPartyId = relyingPartyId,
            SignCount = ++SignCount,
            UserHandle = UserHandle,
        };
        return lie?.Invoke(truth) ?? truth;
    }

    private static byte[] ClientData(Ceremony said) => JsonSerializer.SerializeToUtf8Bytes(
        new { type = said.Type, challenge = said.Challenge, origin = said.Origin, crossOrigin = said.IsCrossOrigin });

    private static byte[] AuthenticatorData(Ceremony said, byte flags)
    {
        var data = new byte[37];
        SHA256.HashData(Encoding.UTF8.GetBytes(said.RelyingPartyId), data);
        data[32] = (byte)(flags | (said.IsPresent ? UserPresent : 0) | (said.IsVerified ? UserVerified : 0));
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(33), said.SignCount);
        return data;
    }

    private byte[] Length() => [(byte)(CredentialId.Length >> 8), (byte)CredentialId.Length];

    private byte[] CoseKey(int algorithm)
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        var writer = new CborWriter(CborConformanceMode.Ctap2Canonical);
        writer.WriteStartMap(algorithm == -8 ? 4 : 5);
        writer.WriteInt32(1);
        writer.WriteInt32(algorithm == -8 ? 1 : 2);
        writer.WriteInt32(3);
        writer.WriteInt32(algorithm);
        writer.WriteInt32(-1);
        writer.WriteInt32(algorithm == -8 ? 6 : 1);
        writer.WriteInt32(-2);
        writer.WriteByteString(point.X!);
        if (algorithm != -8)
        {
            writer.WriteInt32(-3);
            writer.WriteByteString(point.Y!);
        }

        writer.WriteEndMap();
        return writer.Encode();
    }
}
