namespace Portico.Migrator.Commands;

/// <summary>The PostgreSQL roles of one database; the migrations grant the rights on each table.</summary>
/// <param name="Prefix">The name of the database in the names of its roles, such as <c>portico</c>.</param>
internal sealed record DatabaseRoles(string Prefix)
{
    /// <summary>Owns every object; it has no login.</summary>
    public string Owner => $"{Prefix}_owner";

    /// <summary>The role of the program. It signs in as this role, or as a member of it that the connection string names.</summary>
    public string App => $"{Prefix}_app";

    /// <summary>Read-only; a group role for people and reports.</summary>
    public string Readonly => $"{Prefix}_readonly";

    /// <summary>The default name of the migrating role, which is a member of the owner role.</summary>
    public string Migrator => $"{Prefix}_migrator";
}
