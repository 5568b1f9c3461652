using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portico.Orders.Calls;

/// <summary>Converts a place in a list into the opaque text that clients send back.</summary>
/// <remarks>The text names its list, so that of another list is refused. It is no secret and gives no access.</remarks>
internal static class Cursor
{
    private const int MaxLength = 2048;

    private static readonly JsonSerializerOptions Options = new()
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
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
            var envelope = JsonSerializer.Deserialize<Envelope<TPosition>>(Base64Url.DecodeFromChars(text), Options);
            return envelope?.List == typeof(TPosition).Name ? envelope.Position : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Envelope<TPosition>(string List, TPosition Position);
}
