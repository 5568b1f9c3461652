using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Application.Common.Messaging;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Idempotency;

/// <summary>The stored answer of an idempotency key; the answer is null only inside the transaction that makes it.</summary>
internal sealed record StoredAnswerRow(Guid OwnerId, string Key, byte[] Fingerprint, string? Answer, DateTimeOffset CreatedAt);

internal sealed class StoredAnswerRowConfiguration : IEntityTypeConfiguration<StoredAnswerRow>
{
    public void Configure(EntityTypeBuilder<StoredAnswerRow> builder)
    {
        builder.ToTable("kept_answers").HasKey(a => new { a.OwnerId, a.Key });
        builder.Property(a => a.Key).HasMaxLength(IdempotencyKey.MaxLength);
        builder.HasIndex(a => a.CreatedAt).HasDatabaseName("kept_answers_created_idx");
        builder.HasOne<User>().WithMany().HasForeignKey(a => a.OwnerId).OnDelete(DeleteBehavior.Cascade);
    }
}
