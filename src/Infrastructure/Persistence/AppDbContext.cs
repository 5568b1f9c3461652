using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.Identity;
using Portico.Infrastructure.Persistence.Outbox;

namespace Portico.Infrastructure.Persistence;

/// <summary>The records in PostgreSQL. Their schema is made by the SQL migrations alone; <c>Migrator validate</c> compares the two.</summary>
public sealed class AppDbContext(DbContextOptions<AppDbContext> options) : DbContext(options), IAppDbContext
{
    /// <summary>The named filter that hides what was deleted.</summary>
    public const string SoftDeleteFilter = IAppDbContext.SoftDeleteFilter;

    public DbSet<User> Users => Set<User>();

    IQueryable<AuditEntry> IAppDbContext.AuditEntries => AuditLog.AsNoTracking();

    internal DbSet<AuditEntry> AuditLog => Set<AuditEntry>();
    internal DbSet<Credential> Credentials => Set<Credential>();
    internal DbSet<OutboxMessage> Outbox => Set<OutboxMessage>();
    internal DbSet<RoleRow> Roles => Set<RoleRow>();
    internal DbSet<PermissionRow> Permissions => Set<PermissionRow>();
    internal DbSet<RolePermissionRow> RolePermissions => Set<RolePermissionRow>();
    internal DbSet<CurrencyRow> Currencies => Set<CurrencyRow>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<Role>().HaveConversion<EnumNameConverter<Role>>().HaveMaxLength(20);
        configurationBuilder.Properties<UserStatus>().HaveConversion<EnumNameConverter<UserStatus>>().HaveMaxLength(20);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(AppDbContext).Assembly);

        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            if (typeof(AggregateRoot).IsAssignableFrom(entity.ClrType))
            {
                modelBuilder.Entity(entity.ClrType).Ignore(nameof(AggregateRoot.Events));
                modelBuilder.Entity(entity.ClrType).Property(nameof(AggregateRoot.Version)).IsConcurrencyToken();
            }

            SnakeCase.Apply(entity);
        }
    }
}
