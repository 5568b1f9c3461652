using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Portico.Application.Common.Json;

namespace Portico.Orders.Calls;

/// <summary>Converts a place in a list into the opaque text that clients send back.</summary>
/// <remarks>
/// The text names its list, so that of another list is refused, and so is a text that this class would not write for its place: it would
/// fail later, and a failure looks like an outage. It is no secret and gives no access. Clients keep the position of the changes for as
/// long as they like, so its form stays; the cursors of the REST API have another form.
/// </remarks>
internal static class RpcCursor
{
    private const int MaxLength = 2048;

    private static readonly JsonSerializerOptions Options = new()
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new TextConverter() },
    };

    public static string Write<TPosition>(TPosition position) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new Envelope<TPosition>(typeof(TPosition).Name, position), Options));

    /// <summary>The place; null when the text was not written for this list.</summary>
    public static TPosition? Read<TPosition>(string text)
        where TPosition : class
    {
        if (text.Length > MaxLength || !Base64Url.IsValid(text))
            return null;
        try
        {
            var json = Base64Url.DecodeFromChars(text);
            // The serialiser throws other exceptions for text that is not UTF-8.
            if (!Utf8.IsValid(json))
                return null;
            var envelope = JsonSerializer.Deserialize<Envelope<TPosition>>(json, Options);
            return envelope is { Position: { } position } && envelope.List == typeof(TPosition).Name && Write(position) == text
                ? position
                : null;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            // The last three are for half of a surrogate pair, and for bits after the last byte.
            return null;
        }
    }

    private sealed record Envelope<TPosition>(string List, TPosition Position);
}
