using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Users;

internal sealed class UserConfiguration : IEntityTypeConfiguration<User>
{
    public const string EmailKey = "users_email_key";
    public const string PhoneKey = "users_phone_key";
    public const string LastAdministrator = "users_last_administrator";

    public void Configure(EntityTypeBuilder<User> builder)
    {
        builder.ToTable("users");
        builder.Ignore(u => u.Addresses);
        builder.Property(u => u.DisplayName).HasMaxLength(User.MaxDisplayNameLength);
        builder.Property(u => u.Email).HasMaxLength(ContactAddress.MaxEmailLength);
        builder.Property(u => u.Phone).HasMaxLength(ContactAddress.MaxPhoneLength);
        builder.Property(u => u.Locale).HasMaxLength(LanguageTag.MaxLength);
        builder.Property(u => u.TimeZone).HasMaxLength(User.MaxTimeZoneLength);
        builder.HasIndex(u => u.Email).IsUnique().HasDatabaseName(EmailKey);
        builder.HasIndex(u => u.Phone).IsUnique().HasDatabaseName(PhoneKey);
        builder.HasOne<RoleRow>().WithMany().HasForeignKey(u => u.Role).OnDelete(DeleteBehavior.NoAction);
        builder.HasIndex(u => u.Role).HasDatabaseName("users_role_idx");
    }
}
