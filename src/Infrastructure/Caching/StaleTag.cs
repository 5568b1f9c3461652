using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Portico.Infrastructure.Caching;

/// <summary>Notes in the transaction of a change that answers which depend on it are stale, until Redis knows.</summary>
internal sealed record StaleTag(Guid Id, string Tag, DateTimeOffset CreatedAt);

internal sealed class StaleTagConfiguration : IEntityTypeConfiguration<StaleTag>
{
    public void Configure(EntityTypeBuilder<StaleTag> builder)
    {
        builder.ToTable("stale_tags");
        builder.Property(t => t.Id).ValueGeneratedNever();
        builder.Property(t => t.Tag).HasMaxLength(200);
    }
}
