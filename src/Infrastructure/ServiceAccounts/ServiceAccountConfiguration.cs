using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Domain.ServiceAccounts;

namespace Portico.Infrastructure.ServiceAccounts;

internal sealed class ServiceAccountConfiguration : IEntityTypeConfiguration<ServiceAccount>
{
    public void Configure(EntityTypeBuilder<ServiceAccount> builder)
    {
        builder.ToTable("service_accounts", "identity");
        builder.Property(a => a.Name).HasMaxLength(ServiceAccount.MaxNameLength);
    }
}

internal sealed class ServiceSecretConfiguration : IEntityTypeConfiguration<ServiceSecret>
{
    public void Configure(EntityTypeBuilder<ServiceSecret> builder)
    {
        builder.ToTable("service_secrets", "identity");
        builder.HasIndex(s => s.AccountId).HasDatabaseName("service_secrets_account_idx");
        builder.HasOne<ServiceAccount>().WithMany().HasForeignKey(s => s.AccountId).OnDelete(DeleteBehavior.Cascade);
    }
}
