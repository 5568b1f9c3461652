using System.Buffers;
using System.Text.Json;
using NATS.Client.Core;

namespace Portico.Infrastructure.Events;

/// <summary>Writes events for other services: CloudEvents 1.0, JSON in structured mode.</summary>
/// <remarks>
/// <c>id</c> is the outbox id and the message id, <c>type</c> the name of the event, <c>subject</c> the aggregate id, and the extension
/// <c>aggregateversion</c> the version of the event in that aggregate.
/// </remarks>
internal static class CloudEvent
{
    public const string ContentType = "application/cloudevents+json; charset=UTF-8";

    /// <summary>Writes an event as UTF-8 JSON.</summary>
    /// <param name="json">Where to write it.</param>
    /// <param name="message">The event.</param>
    /// <param name="source">The public address of this API: <c>source</c>, and the root of <c>dataschema</c>.</param>
    public static void Write(Utf8JsonWriter json, OutboxMessage message, string source)
    {
        json.WriteStartObject();
        json.WriteString("specversion", "1.0");
        json.WriteString("id", message.Id);
        json.WriteString("source", source);
        json.WriteString("type", message.Type);
        json.WriteString("subject", message.AggregateId);
        json.WriteString("time", message.OccurredAt.UtcDateTime);
        json.WriteString("datacontenttype", "application/json");
        json.WriteString("dataschema", SchemaAddress(source, message.Type));
        json.WriteString("aggregatetype", message.AggregateType);
        // As text, because an integer of CloudEvents has 32 bits.
        json.WriteString("aggregateversion", message.AggregateVersion.ToString());
        if (message.TraceParent is { } traceParent)
            json.WriteString("traceparent", traceParent);
        json.WritePropertyName("data");
        // EventJson wrote it, so it is valid JSON.
        json.WriteRawValue(message.Data, skipInputValidation: true);
        json.WriteEndObject();
        json.Flush();
    }

    public static string SchemaAddress(string source, string type) => $"{source}/schemas/{type}.json";
}

/// <summary>Writes events straight into the buffer of the connection.</summary>
/// <param name="source">The public address of this API.</param>
internal sealed class CloudEventSerializer(string source) : INatsSerialize<OutboxMessage>
{
    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    public void Serialize(IBufferWriter<byte> bufferWriter, OutboxMessage value)
    {
        if (_json is null)
            _json = new Utf8JsonWriter(bufferWriter);
        else
            _json.Reset(bufferWriter);
        CloudEvent.Write(_json, value, source);
    }
}
