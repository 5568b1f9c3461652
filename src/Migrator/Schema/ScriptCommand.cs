using System.CommandLine;
using System.Globalization;
using System.Text;
using Portico.Infrastructure.Postgres.Migrations;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary><c>script</c>: writes the SQL that <c>up</c> would run, for psql and for reviews.</summary>
internal static class ScriptCommand
{
    public static Command Create(CommandHost host)
    {
        var from = MigrationTarget.Option("--from", "The first migration to write; by default the very first.");
        var to = MigrationTarget.Option("--to", "The last migration to write; by default the very last.");
        return host.Create(
            "script",
            "Write the migrations as one script for psql. The script skips applied migrations, so it can run again; "
            + "the roles and the database must exist.",
            [from, to],
            (run, _) =>
            {
                var catalog = run.Catalog;
                var first = MigrationTarget.Check(catalog, run.Arguments.GetValue(from) ?? 1, lowest: 1);
                var last = MigrationTarget.Check(catalog, run.Arguments.GetValue(to) ?? catalog.Migrations.Count, lowest: 1);
                if (first > last)
                    throw new MigratorException($"--from {first} is after --to {last}.");
                var sql = Write(run.Settings.Roles, catalog.Migrations.Where(migration => migration.Id >= first && migration.Id <= last));
                run.Report.Set("sql", sql);
                run.Report.Raw(sql);
                return Task.FromResult(ExitCode.Ok);
            },
            CommandScope.OneTarget);
    }

    private static string Write(DatabaseRoles roles, IEnumerable<Migration> migrations)
    {
        var script = new StringBuilder();
        script.Append(CultureInfo.InvariantCulture, $"""
            -- For psql, as a member of {roles.Owner}. Skips what is applied.
            \set ON_ERROR_STOP on
            {MigrationLock.TakeSql};
            SET ROLE {roles.Owner};
            SET search_path TO public;
            SET lock_timeout TO '5s';
            {DatabasePreparation.Sql(":\"DBNAME\"", roles)}

            """);
        foreach (var migration in migrations)
            Write(script, migration);
        return script.ToString();
    }

    private static void Write(StringBuilder script, Migration migration)
    {
        script.Append(CultureInfo.InvariantCulture, $"""

            -- {migration.Up.FileName}
            SELECT NOT EXISTS (SELECT FROM {SchemaStatus.HistoryTable} WHERE id = {migration.Id}) AS is_pending \gset
            \if :is_pending
            {(migration.Up.InTransaction ? "BEGIN;" : "")}
            {migration.Up.Sql.TrimEnd()}

            INSERT INTO {SchemaStatus.HistoryTable} (id, name, checksum, duration_ms)
            VALUES ({migration.Id}, '{migration.Name}', '{migration.Checksum}', 0);
            {(migration.Up.InTransaction ? "COMMIT;" : "")}
            \endif

            """);
    }
}
