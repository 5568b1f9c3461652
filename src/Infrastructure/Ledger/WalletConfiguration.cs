using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Domain.Wallets;

namespace Portico.Infrastructure.Ledger;

internal sealed class WalletConfiguration : IEntityTypeConfiguration<Wallet>
{
    public void Configure(EntityTypeBuilder<Wallet> builder)
    {
        builder.ToTable("wallets");
        builder.Property(w => w.Name).HasMaxLength(Wallet.MaxNameLength);
        builder.HasIndex(w => new { w.OwnerId, w.Id }).HasDatabaseName("wallets_owner_id_idx");
    }
}
