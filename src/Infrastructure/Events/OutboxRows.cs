using System.Data.Common;

namespace Portico.Infrastructure.Events;

/// <summary>Reads rows of the outbox; all queries use the same order of columns.</summary>
public static class OutboxRows
{
    public const string Select =
        $"SELECT id, aggregate_type, aggregate_id, aggregate_version, type, {Data}, trace_parent, occurred_at FROM outbox";

    /// <summary>The data of an event; the version before wrote it into the other column.</summary>
    public const string Data = "coalesce(data, payload::text)";

    public const int Columns = 8;

    /// <summary>The condition that an event, a row of the outbox with this alias, does not wait to be published.</summary>
    public static string DoesNotWait(string alias) =>
        $"""
        NOT EXISTS (SELECT FROM outbox_waiting w WHERE w.id = {alias}.id)
        AND NOT EXISTS (SELECT FROM outbox_groups g WHERE g.id = {alias}.group_id)
        """;

    public static OutboxMessage Read(DbDataReader reader) => new()
    {
        Id = reader.GetGuid(0),
        AggregateType = reader.GetString(1),
        AggregateId = reader.GetGuid(2),
        AggregateVersion = reader.GetInt64(3),
        Type = reader.GetString(4),
        Data = reader.GetFieldValue<byte[]>(5),
        TraceParent = reader.IsDBNull(6) ? null : reader.GetString(6),
        OccurredAt = reader.GetFieldValue<DateTimeOffset>(7),
    };
}
