using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portico.Application.Common.Paging;

/// <summary>Converts a position in a list into the text that clients send back, and the text into the position.</summary>
/// <remarks>
/// The text names its list, so a cursor of another list is refused. It is no secret and grants no access: it only says where the next
/// page begins. At most <see cref="MaxLength"/> characters.
/// </remarks>
public static class Cursor
{
    public const int MaxLength = 1024;
    private const int Version = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        // A position may contain text of a record; escaping could make it six times as long.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public static string Write<TPosition>(TPosition position) =>
        Base64Url.EncodeToString(
            JsonSerializer.SerializeToUtf8Bytes(new Envelope<TPosition>(Version, NameOf<TPosition>(), position), Options));

    public static bool TryRead<TPosition>(string text, [MaybeNullWhen(false)] out TPosition position)
    {
        position = default;
        if (text.Length > MaxLength || !Base64Url.IsValid(text))
            return false;

        try
        {
            var envelope = JsonSerializer.Deserialize<Envelope<TPosition>>(Base64Url.DecodeFromChars(text), Options);
            if (envelope is not { Version: Version } || envelope.List != NameOf<TPosition>())
                return false;
            position = envelope.Position;
            return position is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string NameOf<TPosition>() => typeof(TPosition).Name;

    private sealed record Envelope<TPosition>(
        [property: JsonPropertyName("v")] int Version,
        [property: JsonPropertyName("l")] string List,
        [property: JsonPropertyName("p")] TPosition Position);
}
