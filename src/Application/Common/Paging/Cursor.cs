using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Portico.Application.Common.Json;

namespace Portico.Application.Common.Paging;

/// <summary>Converts a position in a list into the text that clients send back, and the text into the position.</summary>
/// <remarks>
/// The text names its list, so a cursor of another list is refused, and so is a text that this class would not write for its position. It
/// is no secret and grants no access: it only says where the next page begins. At most <see cref="MaxLength"/> characters.
/// </remarks>
public static class Cursor
{
    // The longest text of a position has 200 characters, of which the encoder writes some as six.
    public const int MaxLength = 2048;
    private const int Version = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        // A position may contain text of a record; escaping could make it six times as long.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new TextConverter(), new UtcConverter() },
    };

    public static string Write<TPosition>(TPosition position) =>
        Base64Url.EncodeToString(
            JsonSerializer.SerializeToUtf8Bytes(new Envelope<TPosition>(Version, NameOf<TPosition>(), position), Options));

    /// <summary>Reads the position of a cursor; there is none without a text, and none in a text of another list.</summary>
    public static bool TryRead<TPosition>([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out TPosition position)
    {
        position = default;
        // The serialiser throws other exceptions for text that is not UTF-8.
        if (text is null || text.Length > MaxLength || !StrictBase64Url.TryDecode(text, out var json) || !Utf8.IsValid(json))
            return false;

        try
        {
            var envelope = JsonSerializer.Deserialize<Envelope<TPosition>>(json, Options);
            if (envelope is not { Version: Version, Position: { } read } || envelope.List != NameOf<TPosition>() || Write(read) != text)
                return false;
            position = read;
            return read is not IBoundedPosition { IsPossible: false };
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or ArgumentException)
        {
            // The last two are for half of a surrogate pair.
            return false;
        }
    }

    /// <summary>Writes a value as a part of a position.</summary>
    public static JsonElement WriteValue<TValue>(TValue value) => JsonSerializer.SerializeToElement(value, Options);

    /// <summary>Reads a value of a position, if it is as <see cref="WriteValue"/> writes it.</summary>
    public static bool TryReadValue<TValue>(JsonElement value, [MaybeNullWhen(false)] out TValue read)
    {
        try
        {
            read = value.Deserialize<TValue>(Options);
            return read is not null && JsonElement.DeepEquals(WriteValue(read), value);
        }
        catch (JsonException)
        {
            read = default;
            return false;
        }
    }

    private static string NameOf<TPosition>() => typeof(TPosition).Name;

    private sealed record Envelope<TPosition>(
        [property: JsonPropertyName("v")] int Version,
        [property: JsonPropertyName("l")] string List,
        [property: JsonPropertyName("p")] TPosition Position);

    /// <summary>PostgreSQL takes times in UTC only.</summary>
    private sealed class UtcConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var instant) && instant.Offset == TimeSpan.Zero
                ? instant
                : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value);
    }
}

/// <summary>A position that counts, and whose numbers a list can't exceed.</summary>
internal interface IBoundedPosition
{
    /// <summary>Whether a list can have this position.</summary>
    bool IsPossible { get; }
}
