using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Application.SigningKeys;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.SigningKeys;

internal sealed class SigningKeyConfiguration : IEntityTypeConfiguration<SigningKey>
{
    private const int ThumbprintLength = 43;
    private const int AlgorithmLength = 5;

    public void Configure(EntityTypeBuilder<SigningKey> builder)
    {
        builder.ToTable("signing_keys", "identity");
        builder.Property(k => k.Id).HasMaxLength(ThumbprintLength);
        builder.Property(k => k.Algorithm).HasMaxLength(AlgorithmLength);
        builder.Property(k => k.State).HasConversion<EnumNameConverter<KeyState>>().HasMaxLength(AppDbContext.MaxEnumLength);
        builder.HasIndex(k => k.State).IsUnique().HasDatabaseName("signing_keys_state_key").HasFilter("state <> 'previous'");
    }
}
