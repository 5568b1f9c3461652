using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Portico.Infrastructure.Events;

/// <summary>An event in the outbox, written in the transaction of its change and kept for a time after it is published.</summary>
/// <remarks>
/// While it waits, it has a row in <c>outbox_waiting</c>, or its <see cref="OutboxGroup"/> has a row in <c>outbox_groups</c>. The database
/// adds them, and the relay removes them.
/// </remarks>
public sealed class OutboxMessage
{
    public required Guid Id { get; init; }
    public required string AggregateType { get; init; }
    public required Guid AggregateId { get; init; }

    /// <summary>The version of the event in its aggregate, from 1.</summary>
    public required long AggregateVersion { get; init; }

    /// <summary>The name of the event, such as <c>users.registered.v1</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The event as JSON in UTF-8, of <see cref="EventJson"/>: as it is stored and published.</summary>
    public required byte[] Data { get; init; }

    /// <summary>The W3C traceparent of the request that caused the event.</summary>
    public string? TraceParent { get; init; }

    public required DateTimeOffset OccurredAt { get; init; }
}

internal sealed class OutboxMessageConfiguration : IEntityTypeConfiguration<OutboxMessage>
{
    public const string AggregateKey = "outbox_aggregate_key";

    public void Configure(EntityTypeBuilder<OutboxMessage> builder)
    {
        builder.ToTable("outbox");
        builder.Property(m => m.Id).ValueGeneratedNever();
        builder.Property(m => m.AggregateType).HasMaxLength(60);
        builder.Property(m => m.Type).HasMaxLength(100);
        builder.Property(m => m.TraceParent).HasMaxLength(55);
        // Only the ledger writes groups.
        builder.Property<Guid?>("GroupId");
        builder.HasIndex(m => new { m.AggregateId, m.AggregateVersion }).IsUnique().HasDatabaseName(AggregateKey);
        // The version before writes the other column.
        builder.Property(m => m.Data).IsRequired(false).HasColumnType("text")
            .HasConversion(data => Encoding.UTF8.GetString(data), text => Encoding.UTF8.GetBytes(text));
        // No longer written. A later release drops these columns, because the previous version still uses them.
        builder.Property<string?>("Payload").HasColumnType("jsonb");
        builder.Property<DateTimeOffset?>("PublishedAt");
    }
}
