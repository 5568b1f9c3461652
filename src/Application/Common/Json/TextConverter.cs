using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portico.Application.Common.Json;

/// <summary>Reads text and refuses U+0000, which PostgreSQL can't store.</summary>
public sealed class TextConverter : JsonConverter<string>
{
    /// <summary>What a client is told about a text that is not storable.</summary>
    public const string Problem = "Must not contain the character U+0000.";

    /// <summary>Whether PostgreSQL can store a text.</summary>
    public static bool IsStorable(string text) => !text.Contains('\0', StringComparison.Ordinal);

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw new JsonException();
        return Checked(reader.GetString()!);
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Checked(reader.GetString()!);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value);

    private static string Checked(string text) => IsStorable(text) ? text : throw new InvalidValueException(Problem);
}

/// <summary>A converter refuses a value; the message is for the client.</summary>
public sealed class InvalidValueException(string message) : JsonException(message);
