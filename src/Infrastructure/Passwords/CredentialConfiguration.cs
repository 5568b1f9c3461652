using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Passwords;

internal sealed class CredentialConfiguration : IEntityTypeConfiguration<Credential>
{
    private const int MaxIdLength = 36;

    public void Configure(EntityTypeBuilder<Credential> builder)
    {
        builder.ToTable("credentials", "identity");
        builder.Property(c => c.Id).ValueGeneratedNever();
        builder.Property(c => c.UserName).HasMaxLength(MaxIdLength).IsRequired();
        builder.Property(c => c.NormalizedUserName).HasMaxLength(MaxIdLength).IsRequired();
        builder.Property(c => c.PasswordHash).HasMaxLength(400);
        builder.Property(c => c.SecurityStamp).HasMaxLength(64).IsRequired();
        builder.Property(c => c.ConcurrencyStamp).HasMaxLength(MaxIdLength).IsRequired().IsConcurrencyToken();
        builder.HasIndex(c => c.NormalizedUserName).IsUnique().HasDatabaseName("credentials_user_name_key");
        builder.HasOne<User>().WithOne().HasForeignKey<Credential>(c => c.Id).OnDelete(DeleteBehavior.Cascade);

        // Addresses are stored only on the user, and Portico has no account lockout.
        builder.Ignore(c => c.Email).Ignore(c => c.NormalizedEmail).Ignore(c => c.EmailConfirmed);
        builder.Ignore(c => c.PhoneNumber).Ignore(c => c.PhoneNumberConfirmed).Ignore(c => c.TwoFactorEnabled);
        builder.Ignore(c => c.LockoutEnd).Ignore(c => c.LockoutEnabled).Ignore(c => c.AccessFailedCount);
    }
}
