using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Users;
using Portico.Domain.Wallets;

namespace Portico.Infrastructure.Postgres;

/// <summary>
/// The EF context of the records in PostgreSQL. Only the SQL migrations change the schema; <c>Migrator validate</c> compares both.
/// </summary>
/// <remarks>An entity needs only a configuration class: its filters, version and columns follow from its interfaces.</remarks>
public sealed class AppDbContext : DbContext, IAppDbContext
{
    /// <summary>The length of a column that holds the name of an enum value.</summary>
    internal const int MaxEnumLength = 20;

    private readonly ICurrentUser? _caller;

    public AppDbContext(DbContextOptions<AppDbContext> options, ICurrentUser? caller = null)
        : base(options)
    {
        _caller = caller;
        // A failure rolls back the whole transaction; savepoints would cost two more round trips per command.
        Database.AutoSavepointsEnabled = false;
    }

    public DbSet<User> Users => Set<User>();
    public DbSet<Wallet> Wallets => Set<Wallet>();

    IQueryable<AuditEntry> IAppDbContext.AuditEntries => Set<AuditEntry>().AsNoTracking();

    /// <summary>The records that the open transaction has saved so far.</summary>
    internal List<WrittenRecord> Written { get; } = [];

    // The query filter reads it for each query. Queries without a caller must use OfEveryOwner.
    private Guid CallerId => _caller?.Id
        ?? throw new InvalidOperationException("There is no caller whose records could be read. Use OfEveryOwner for such a query.");

    /// <summary>Creates a command on the connection of the context, which takes part in its transaction.</summary>
    public NpgsqlCommand CreateCommand(string sql) => new(sql, Connection());

    public NpgsqlConnection Connection() => (NpgsqlConnection)Database.GetDbConnection();

    /// <summary>Runs work while the connection is open, also outside of a transaction.</summary>
    public async Task<T> WhileOpen<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        await Database.OpenConnectionAsync(cancellationToken);
        try
        {
            return await work();
        }
        finally
        {
            await Database.CloseConnectionAsync();
        }
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        foreach (var type in typeof(Entity).Assembly.GetTypes().Where(type => type.IsEnum))
            configurationBuilder.Properties(type)
                .HaveConversion(typeof(EnumNameConverter<>).MakeGenericType(type))
                .HaveMaxLength(MaxEnumLength);
        configurationBuilder.Properties<Currency>()
            .HaveConversion<CurrencyCodeConverter>()
            .HaveMaxLength(CurrencyRowConfiguration.MaxCodeLength);
        // Minor units.
        configurationBuilder.Properties<decimal>().HavePrecision(38, 0);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(AppDbContext).Assembly);

        var types = modelBuilder.Model.GetEntityTypes().Select(entity => entity.ClrType).Where(typeof(Entity).IsAssignableFrom);
        foreach (var type in types.ToArray())
            Apply(modelBuilder, type);
    }

    private void Apply(ModelBuilder modelBuilder, Type type)
    {
        var builder = modelBuilder.Entity(type);
        builder.Property(nameof(Entity.Id)).ValueGeneratedNever();
        if (typeof(AggregateRoot).IsAssignableFrom(type))
        {
            builder.Ignore(nameof(AggregateRoot.Events));
            builder.Property(nameof(AggregateRoot.Version)).IsConcurrencyToken();
        }

        if (typeof(ISoftDeletable).IsAssignableFrom(type))
            builder.HasQueryFilter(
                RecordFilters.SoftDelete,
                Where(type, nameof(ISoftDeletable.DeletedAt), Expression.Constant(null, typeof(DateTimeOffset?))));
        if (typeof(IOwned).IsAssignableFrom(type))
        {
            builder.HasOne(typeof(User)).WithMany().HasForeignKey(nameof(IOwned.OwnerId)).OnDelete(DeleteBehavior.NoAction);
            builder.HasQueryFilter(
                RecordFilters.Owner, Where(type, nameof(IOwned.OwnerId), Expression.Property(Expression.Constant(this), nameof(CallerId))));
        }
    }

    private static LambdaExpression Where(Type type, string property, Expression value)
    {
        var record = Expression.Parameter(type, "record");
        return Expression.Lambda(Expression.Equal(Expression.Property(record, property), value), record);
    }
}
