using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Domain.Forecasts;

namespace Portico.Infrastructure.Forecasts;

internal sealed class SportEventConfiguration : IEntityTypeConfiguration<SportEvent>
{
    public void Configure(EntityTypeBuilder<SportEvent> builder)
    {
        builder.ToTable("events");
        builder.Property(e => e.Title).HasMaxLength(SportEvent.MaxTitleLength);
        builder.HasIndex(e => e.CreatedAt).HasDatabaseName("events_created_idx");
    }
}
