namespace Portico.Migrator.Commands;

/// <summary>The PostgreSQL roles of Portico; the migrations grant the rights on each table.</summary>
internal static class DatabaseRoles
{
    /// <summary>Owns every object; it has no login.</summary>
    public const string Owner = "portico_owner";

    /// <summary>The role of the application. It signs in as this role, or as a member of it that the connection string names.</summary>
    public const string App = "portico_app";

    /// <summary>Read-only; a group role for people and reports.</summary>
    public const string Readonly = "portico_readonly";

    /// <summary>The default name of the migrating role, which is a member of the owner role.</summary>
    public const string Migrator = "portico_migrator";
}
