using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Events;

/// <summary>The JSON Schema of the <c>data</c> of each event, generated from the event types.</summary>
/// <remarks>A reader must ignore unknown fields, because fields may be added within a version.</remarks>
public static class EventSchemas
{
    private static readonly JsonSerializerOptions Strict = new(EventJson.Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        NumberHandling = JsonNumberHandling.Strict,
    };

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2, NewLine = "\n" };

    private static readonly JsonSchemaExporterOptions Exporter =
        new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform };

    private static readonly Dictionary<string, string> Texts = typeof(IDomainEvent).Assembly.GetTypes()
        .Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(IDomainEvent)))
        .ToDictionary(EventNames.Of, Write, StringComparer.Ordinal);

    /// <summary>The names of all events, such as <c>users.registered.v1</c>.</summary>
    public static IReadOnlyCollection<string> Names => Texts.Keys;

    /// <summary>The schema of an event; null when there is no such event.</summary>
    public static string? Find(string name) => Texts.GetValueOrDefault(name);

    private static string Write(Type type)
    {
        var schema = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = EventNames.Of(type) };
        foreach (var (name, value) in Strict.GetJsonSchemaAsNode(type, Exporter).AsObject())
            schema[name] = value?.DeepClone();
        return schema.ToJsonString(Indented) + "\n";
    }

    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode schema) => context.TypeInfo.Type == typeof(Money)
        ? new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["amount"] = new JsonObject { ["type"] = "string", ["pattern"] = @"^-?[0-9]+(\.[0-9]+)?$" },
                ["currency"] = new JsonObject { ["type"] = "string" },
            },
            ["required"] = new JsonArray("amount", "currency"),
        }
        : schema;
}
