using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portico.Application.Common.Json;

/// <summary>Reads text and refuses U+0000, which PostgreSQL can't store.</summary>
public sealed class TextConverter : JsonConverter<string>
{
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

    private static string Checked(string text) => text.Contains('\0', StringComparison.Ordinal)
        ? throw new InvalidValueException("Must not contain the character U+0000.")
        : text;
}

/// <summary>A converter refuses a value; the message is for the client.</summary>
public sealed class InvalidValueException(string message) : JsonException(message);
