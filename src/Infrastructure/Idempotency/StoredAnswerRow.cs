using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Application.Common.Messaging;

namespace Portico.Infrastructure.Idempotency;

/// <summary>The stored answer of an idempotency key.</summary>
/// <remarks>Without a status only inside the transaction that makes it, and for a key that an earlier version has used.</remarks>
internal sealed record StoredAnswerRow(
    Guid OwnerId, string Key, byte[] Fingerprint, int? Status, string? Headers, byte[]? Body, DateTimeOffset CreatedAt);

internal sealed class StoredAnswerRowConfiguration : IEntityTypeConfiguration<StoredAnswerRow>
{
    public void Configure(EntityTypeBuilder<StoredAnswerRow> builder)
    {
        builder.ToTable("idempotency_answers").HasKey(a => new { a.OwnerId, a.Key });
        builder.Property(a => a.Key).HasMaxLength(IdempotencyKey.MaxLength);
        builder.Property(a => a.Headers).HasColumnType("jsonb");
        builder.HasIndex(a => a.CreatedAt).HasDatabaseName("idempotency_answers_created_idx");
    }
}
