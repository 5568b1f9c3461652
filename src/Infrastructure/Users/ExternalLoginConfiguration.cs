using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Users;

internal sealed class ExternalLoginConfiguration : IEntityTypeConfiguration<ExternalLogin>
{
    public const string IdentityKey = "external_logins_identity_key";
    public const string UserKey = "external_logins_user_key";

    public void Configure(EntityTypeBuilder<ExternalLogin> builder)
    {
        builder.ToTable("external_logins", "identity");
        builder.Property(l => l.Provider).HasMaxLength(ExternalLogin.MaxProviderLength);
        builder.Property(l => l.Subject).HasMaxLength(ExternalLogin.MaxSubjectLength);
        builder.HasIndex(l => new { l.Provider, l.Subject }).IsUnique().HasDatabaseName(IdentityKey);
        builder.HasIndex(l => new { l.UserId, l.Provider }).IsUnique().HasDatabaseName(UserKey);
        builder.HasOne<User>().WithMany().HasForeignKey(l => l.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
