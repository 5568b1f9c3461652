using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Postgres;

/// <summary>A role in the reference data, for other readers of the database; its source is the code.</summary>
public sealed record RoleRow(Role Name, int Rank);

/// <summary>A permission in the reference data.</summary>
public sealed record PermissionRow(string Name);

/// <summary>A permission of a role in the reference data.</summary>
public sealed record RolePermissionRow(Role Role, string Permission);

/// <summary>A currency in the reference data.</summary>
public sealed record CurrencyRow(string Code, string Name, short Decimals);

internal sealed class RoleRowConfiguration : IEntityTypeConfiguration<RoleRow>
{
    public void Configure(EntityTypeBuilder<RoleRow> builder)
    {
        builder.ToTable("roles").HasKey(r => r.Name);
        builder.HasIndex(r => r.Rank).IsUnique().HasDatabaseName("roles_rank_key");
    }
}

internal sealed class PermissionRowConfiguration : IEntityTypeConfiguration<PermissionRow>
{
    public const int MaxNameLength = 60;

    public void Configure(EntityTypeBuilder<PermissionRow> builder)
    {
        builder.ToTable("permissions").HasKey(p => p.Name);
        builder.Property(p => p.Name).HasMaxLength(MaxNameLength);
    }
}

internal sealed class RolePermissionRowConfiguration : IEntityTypeConfiguration<RolePermissionRow>
{
    public void Configure(EntityTypeBuilder<RolePermissionRow> builder)
    {
        builder.ToTable("role_permissions").HasKey(g => new { g.Role, g.Permission });
        builder.HasIndex(g => g.Permission).HasDatabaseName("role_permissions_permission_idx");
        builder.Property(g => g.Permission).HasMaxLength(PermissionRowConfiguration.MaxNameLength);
        builder.HasOne<RoleRow>().WithMany().HasForeignKey(g => g.Role).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<PermissionRow>().WithMany().HasForeignKey(g => g.Permission).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class CurrencyRowConfiguration : IEntityTypeConfiguration<CurrencyRow>
{
    public const int MaxCodeLength = 5;

    public void Configure(EntityTypeBuilder<CurrencyRow> builder)
    {
        builder.ToTable("currencies").HasKey(c => c.Code);
        builder.Property(c => c.Code).HasMaxLength(MaxCodeLength);
        builder.Property(c => c.Name).HasMaxLength(100);
    }
}
