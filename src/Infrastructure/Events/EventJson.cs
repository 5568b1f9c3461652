using System.Text.Json;
using System.Text.Json.Serialization;
using Portico.Application.Common.Json;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Events;

/// <summary>Writes events as other services read them, and reads them back.</summary>
internal static class EventJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new MoneyConverter() },
    };

    public static string Write(IDomainEvent domainEvent) => JsonSerializer.Serialize(domainEvent, domainEvent.GetType(), Options);

    /// <exception cref="JsonException">A part is missing or is something else; parts that are not known are passed over.</exception>
    public static TEvent Read<TEvent>(JsonElement data)
        where TEvent : IDomainEvent => data.Deserialize<TEvent>(Options) ?? throw new JsonException("There is no data.");
}
