using System.Text.Json;
using System.Text.Json.Serialization;
using Portico.Application.Common.Json;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Persistence.Outbox;

/// <summary>Writes events as other services read them.</summary>
internal static class EventJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new MoneyConverter() },
    };

    public static string Write(IDomainEvent domainEvent) => JsonSerializer.Serialize(domainEvent, domainEvent.GetType(), Options);
}
