using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portico.Client;

/// <summary>An event of Portico (CloudEvents 1.0).</summary>
/// <param name="Id">The id of the event; the same event can come again.</param>
/// <param name="Type">The name, such as <c>users.registered.v1</c>.</param>
/// <param name="Subject">The id of the aggregate that the event is about.</param>
/// <param name="Time">When it happened.</param>
/// <param name="AggregateVersion">The place among the events of its aggregate, from 1 without a gap.</param>
/// <param name="Data">What happened.</param>
/// <param name="TraceParent">The trace of the request that caused it.</param>
/// <typeparam name="TData">The data, as the schema of the event describes it; unknown members are ignored.</typeparam>
public sealed record EventEnvelope<TData>(
    Guid Id, string Type, Guid Subject, DateTimeOffset Time, long AggregateVersion, TData Data, string? TraceParent = null);

/// <summary>Reads events.</summary>
public static class EventEnvelope
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    { RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, Converters = { new JsonStringEnumConverter() } };

    /// <summary>Reads an event of this type.</summary>
    /// <exception cref="InvalidDataException">It is no such event, so another try can't succeed.</exception>
    public static EventEnvelope<TData> Read<TData>(ReadOnlySpan<byte> json, string type)
    {
        try
        {
            var received = JsonSerializer.Deserialize<EventEnvelope<TData>>(json, Options);
            return received?.Type == type ? received : throw new InvalidDataException($"This is a {received?.Type} instead of a {type}.");
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException($"This is not a valid {type}: {wrong.Message}", wrong);
        }
    }
}
