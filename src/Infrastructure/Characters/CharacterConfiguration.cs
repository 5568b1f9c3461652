using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Domain.Characters;

namespace Portico.Infrastructure.Characters;

internal sealed class CharacterConfiguration : IEntityTypeConfiguration<Character>
{
    public void Configure(EntityTypeBuilder<Character> builder)
    {
        builder.ToTable("characters");
        builder.Property(c => c.Name).HasMaxLength(Character.MaxNameLength);
        builder.Property(c => c.Class).HasMaxLength(Character.MaxClassLength);
        builder.HasIndex(c => new { c.OwnerId, c.CreatedAt }).HasDatabaseName("characters_owner_idx");
    }
}
