using System.Text.Json;
using Npgsql;
using Portico.Application.Common.Messaging;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Idempotency;

/// <summary>The headers of stored answers in the database: one object of JSON, with a member for each header.</summary>
internal static class StoredHeaders
{
    public static NpgsqlParameter Write(StoredAnswer answer) =>
        JsonSerializer.Serialize(new Dictionary<string, string>(answer.Headers, StringComparer.Ordinal)).AsJsonb();

    public static KeyValuePair<string, string>[] Read(string json) =>
        [.. JsonSerializer.Deserialize<Dictionary<string, string>>(json)!];
}
