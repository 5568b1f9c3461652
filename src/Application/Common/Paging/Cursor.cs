using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portico.Application.Common.Paging;

/// <summary>Turns a position in a list into text that clients hand back, and again into the position.</summary>
/// <remarks>
/// The text names its list, so that a cursor of another one is refused. It is no secret and no proof: a position says
/// where to go on, never what may be seen. At most <see cref="MaxLength"/> characters.
/// </remarks>
public static class Cursor
{
    public const int MaxLength = 1024;
    private const int Version = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        // A position may hold text of a record; escaped, it would be six times as long.
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
