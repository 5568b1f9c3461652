namespace Portico.Migrator.Commands;

/// <summary>The roles of Portico in PostgreSQL; what each may do to a table, the migrations say.</summary>
internal static class DatabaseRoles
{
    /// <summary>Owns every object; nobody signs in as it.</summary>
    public const string Owner = "portico_owner";

    /// <summary>What the application may do. It signs in as this role, or as a member of it that its connection string names.</summary>
    public const string App = "portico_app";

    /// <summary>May read; a group for people and reports.</summary>
    public const string Readonly = "portico_readonly";

    /// <summary>The usual name of the role that migrates, a member of the owner.</summary>
    public const string Migrator = "portico_migrator";
}
