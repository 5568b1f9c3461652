using System.CommandLine;
using Portico.Infrastructure.Postgres.Migrations;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary>Shared by the commands that migrate: the id of the last migration, and the check that the database has not drifted.</summary>
internal static class MigrationTarget
{
    public static Option<int?> Option(string name, string description) => new(name) { Description = description, HelpName = "ID" };

    /// <exception cref="MigratorException">There is no such migration.</exception>
    public static int Check(MigrationCatalog catalog, int id, int lowest) => id >= lowest && id <= catalog.Migrations.Count
        ? id
        : throw new MigratorException($"There is no migration {id}; they go from {lowest} to {catalog.Migrations.Count}.");

    /// <exception cref="MigratorException">An applied file was changed, or a newer build has migrated the database.</exception>
    public static void RefuseDrift(SchemaState state, CommandReport report)
    {
        report.Set("changed", state.Changed.Select(row => row.FullName));
        report.Set("unknown", state.Unknown.Select(row => row.FullName));
        if (Drift(state) is { Count: > 0 } drift)
            throw new MigratorException(ExitCode.Drift, string.Join(Environment.NewLine, drift));
    }

    /// <exception cref="MigratorException">
    /// A migration has a statement that would stop or break running servers, and no remark says why.
    /// </exception>
    public static void RefuseDangers(IEnumerable<Migration> migrations)
    {
        try
        {
            if (migrations.SelectMany(migration => DangerousStatements.Find(migration.Up)).ToList() is { Count: > 0 } found)
                throw new MigratorException(
                    string.Join(Environment.NewLine, found) + Environment.NewLine
                    + "Write it otherwise, or say why in the file: -- migrator: allow RULE: REASON");
        }
        catch (FormatException)
        {
            // The migration itself fails by it, with the name of its file.
        }
    }

    public static IReadOnlyList<string> Drift(SchemaState state) =>
    [
        .. state.Changed.Select(row => $"{row.FullName} has changed since it was applied on {row.AppliedAt:yyyy-MM-dd HH:mm:ss}Z."),
        .. state.Unknown.Select(row => $"{row.FullName} is applied but unknown to this build: a newer one has migrated the database."),
    ];
}
