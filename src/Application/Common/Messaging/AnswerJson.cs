using System.Text.Json;
using System.Text.Json.Serialization;
using Portico.Domain.Common;

namespace Portico.Application.Common.Messaging;

/// <summary>Serialises and deserialises the results of use cases for the query cache, with the JSON converters of the API.</summary>
/// <remarks>Only the same build reads what it wrote. What must live longer is stored as it was sent: <see cref="StoredAnswer"/>.</remarks>
public sealed class AnswerJson
{
    public AnswerJson(JsonSerializerOptions options)
    {
        Options = new JsonSerializerOptions(options) { Converters = { new ResultConverter() } };
        Options.MakeReadOnly();
    }

    /// <summary>The options for a serialiser that writes answers as a part of another document.</summary>
    public JsonSerializerOptions Options { get; }

    private sealed class ResultConverter : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) =>
            typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(Result<>);

        public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;
    }

    private sealed class Converter<T> : JsonConverter<Result<T>>
    {
        public override Result<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var kept = JsonSerializer.Deserialize<Kept<T>>(ref reader, options);
            return kept.Error is { } refusal ? refusal : kept.Value!;
        }

        public override void Write(Utf8JsonWriter writer, Result<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.IsSuccess ? new Kept<T>(value.Value, null) : new Kept<T>(default, value.Error), options);
    }

    private readonly record struct Kept<T>(T? Value, Error? Error);
}
