using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portico.Nats.JetStream;

/// <summary>JSON as JetStream's API has it: snake_case, times in nanoseconds.</summary>
internal static class JetStreamJson
{
    private const long NanosecondsPerTick = 100;

    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new Nanoseconds() },
    };

    private sealed class Nanoseconds : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TimeSpan.FromTicks(reader.GetInt64() / NanosecondsPerTick);

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.Ticks * NanosecondsPerTick);
    }
}
