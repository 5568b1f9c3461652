using System.Text.Json;
using System.Text.Json.Serialization;
using Portico.Application.Common.Json;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Events;

/// <summary>Writes and reads the data of events as JSON.</summary>
internal static class EventJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new MoneyConverter() },
    };

    /// <summary>The data of an event in UTF-8.</summary>
    public static byte[] Write(IDomainEvent domainEvent) =>
        JsonSerializer.SerializeToUtf8Bytes(domainEvent, domainEvent.GetType(), Options);

    /// <summary>Reads the data of an event; unknown members are ignored.</summary>
    /// <exception cref="JsonException">A member is missing or has another type.</exception>
    public static TEvent Read<TEvent>(JsonElement data)
        where TEvent : IDomainEvent => data.Deserialize<TEvent>(Options) ?? throw new JsonException("There is no data.");
}
