using Microsoft.Extensions.Configuration;
using Portico.Infrastructure.Postgres.Migrations;

namespace Portico.Migrator.Commands;

/// <summary>A database that the Migrator migrates: its migrations, its roles and the settings that name its connections.</summary>
internal sealed record SchemaTarget(string Name, MigrationCatalog Catalog, string MigratorKey, string AppKey)
{
    /// <summary>The database of Portico itself.</summary>
    public static SchemaTarget Portico { get; } =
        new("portico", MigrationCatalog.BuiltIn, "ConnectionStrings:Migrator", "ConnectionStrings:Portico");

    /// <summary>The database of the orders service.</summary>
    public static SchemaTarget Orders { get; } = new(
        "orders",
        MigrationCatalog.ReadResources(typeof(SchemaTarget).Assembly, "migrations/orders/"),
        "ConnectionStrings:OrdersMigrator",
        "ConnectionStrings:Orders");

    public static IReadOnlyList<SchemaTarget> All { get; } = [Portico, Orders];

    public DatabaseRoles Roles { get; } = new(Name);

    public bool IsConfigured(IConfiguration configuration) =>
        !string.IsNullOrEmpty(configuration[MigratorKey]) || !string.IsNullOrEmpty(configuration[AppKey]);
}

/// <summary>The databases that a command works on.</summary>
internal enum CommandScope
{
    /// <summary>Only the database of Portico.</summary>
    Portico,

    /// <summary>The database that <c>--target</c> names, by default that of Portico.</summary>
    OneTarget,

    /// <summary>The database that <c>--target</c> names, by default that of Portico and each other one that is configured.</summary>
    EachTarget,
}
