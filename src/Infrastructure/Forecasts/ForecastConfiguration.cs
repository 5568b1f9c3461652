using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Domain.Forecasts;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Forecasts;

internal sealed class ForecastConfiguration : IEntityTypeConfiguration<Forecast>
{
    public const string OneEach = "forecasts_one_each_key";

    public void Configure(EntityTypeBuilder<Forecast> builder)
    {
        builder.ToTable("forecasts");
        builder.HasOne<SportEvent>().WithMany().HasForeignKey(f => f.EventId).OnDelete(DeleteBehavior.NoAction);
        builder.HasIndex(f => new { f.EventId, f.OwnerId }).IsUnique().HasFilter("deleted_at IS NULL").HasDatabaseName(OneEach);
        builder.HasIndex(f => new { f.OwnerId, f.CreatedAt }).HasDatabaseName("forecasts_owner_idx");
    }
}

internal sealed class ForecasterScoreConfiguration : IEntityTypeConfiguration<ForecasterScore>
{
    public void Configure(EntityTypeBuilder<ForecasterScore> builder)
    {
        builder.ToTable("forecaster_scores").HasKey(s => s.UserId);
        builder.HasOne<User>().WithOne().HasForeignKey<ForecasterScore>(s => s.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
