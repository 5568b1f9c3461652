using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>A public JSON document, ready to send.</summary>
/// <param name="Json">UTF-8.</param>
/// <param name="ETag">A strong ETag with its quotes; it changes with the content.</param>
/// <param name="MaxAge">How long a client may cache the document.</param>
public sealed record DiscoveryDocument(ReadOnlyMemory<byte> Json, string ETag, TimeSpan MaxAge);

/// <summary>The documents that other services need to verify access tokens.</summary>
public sealed class TokenDiscovery(TokenKeys keys, TokenSettings settings)
{
    public const string JwksPath = "/.well-known/jwks.json";

    private static readonly TimeSpan LongestAge = TimeSpan.FromMinutes(5);

    // A copy from just before a key is published expires long before that key signs.
    private readonly TimeSpan _maxAge = LongestAge < settings.SigningKeyLead / 4 ? LongestAge : settings.SigningKeyLead / 4;

    private volatile Documents? _documents;

    /// <summary>The public keys (RFC 7517), the current signing key first.</summary>
    public DiscoveryDocument Jwks() => Current().Jwks;

    /// <summary>The issuer, the address of its keys, and their algorithms.</summary>
    /// <remarks>
    /// The members that RFC 8414 requires of a server without authorization and token endpoints. Verifiers take the algorithms from
    /// <c>id_token_signing_alg_values_supported</c>, the only registered name for them, though Portico issues no id tokens.
    /// </remarks>
    public DiscoveryDocument Metadata() => Current().Metadata;

    private Documents Current()
    {
        var ring = keys.Current;
        if (_documents is { } documents && ReferenceEquals(documents.Ring, ring))
            return documents;

        return _documents = new(ring, Write(writer => WriteJwks(writer, ring)), Write(writer => WriteMetadata(writer, ring)));
    }

    private static void WriteJwks(Utf8JsonWriter writer, KeyRing ring)
    {
        writer.WriteStartArray("keys"u8);
        foreach (var key in ring.Keys)
            key.WriteJwk(writer);
        writer.WriteEndArray();
    }

    private void WriteMetadata(Utf8JsonWriter writer, KeyRing ring)
    {
        writer.WriteString("issuer"u8, settings.Issuer);
        writer.WriteString("jwks_uri"u8, settings.Issuer + JwksPath);
        writer.WriteStartArray("response_types_supported"u8);
        writer.WriteEndArray();
        // Without this member the default would be authorization_code and implicit.
        writer.WriteStartArray("grant_types_supported"u8);
        writer.WriteEndArray();
        writer.WriteStartArray("id_token_signing_alg_values_supported"u8);
        foreach (var algorithm in ring.Keys.Select(key => key.Algorithm).Distinct(StringComparer.Ordinal))
            writer.WriteStringValue(algorithm);
        writer.WriteEndArray();
    }

    private DiscoveryDocument Write(Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            content(writer);
            writer.WriteEndObject();
        }

        var hash = SHA256.HashData(buffer.WrittenSpan);
        return new(buffer.WrittenMemory, $"\"{Base64Url.EncodeToString(hash.AsSpan(0, 16))}\"", _maxAge);
    }

    private sealed record Documents(KeyRing Ring, DiscoveryDocument Jwks, DiscoveryDocument Metadata);
}
