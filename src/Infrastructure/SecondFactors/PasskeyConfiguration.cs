using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Domain.Users;

namespace Portico.Infrastructure.SecondFactors;

internal sealed class PasskeyConfiguration : IEntityTypeConfiguration<Passkey>
{
    public const string CredentialKey = "passkeys_credential_key";

    public void Configure(EntityTypeBuilder<Passkey> builder)
    {
        builder.ToTable("passkeys", "identity");
        builder.Property(p => p.Name).HasMaxLength(Passkey.MaxNameLength);
        builder.HasIndex(p => p.CredentialId).IsUnique().HasDatabaseName(CredentialKey);
        builder.HasIndex(p => p.UserId).HasDatabaseName("passkeys_user_idx");
        builder.HasOne<User>().WithMany().HasForeignKey(p => p.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
