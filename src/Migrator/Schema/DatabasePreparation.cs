using Portico.Infrastructure.Postgres.Migrations;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary>Prepares a database for its first migration: the history table, and the basic rights of each role.</summary>
/// <remarks>The owner of the database runs it; a second run changes nothing.</remarks>
internal static class DatabasePreparation
{
    /// <param name="database">The quoted name of the database.</param>
    /// <param name="roles">Its roles.</param>
    public static string Sql(string database, DatabaseRoles roles) =>
        $"""
        REVOKE CONNECT, TEMPORARY ON DATABASE {database} FROM PUBLIC;
        GRANT CONNECT ON DATABASE {database} TO {roles.App}, {roles.Readonly};
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        GRANT USAGE ON SCHEMA public TO {roles.App}, {roles.Readonly};
        -- Tables of other schemas are read by those to whom a migration grants it.
        ALTER DEFAULT PRIVILEGES FOR ROLE {roles.Owner} IN SCHEMA public GRANT SELECT ON TABLES TO {roles.Readonly};
        ALTER DEFAULT PRIVILEGES FOR ROLE {roles.Owner} IN SCHEMA public GRANT SELECT ON SEQUENCES TO {roles.Readonly};
        CREATE TABLE IF NOT EXISTS {SchemaStatus.HistoryTable} (
            id          integer     PRIMARY KEY CHECK (id > 0),
            name        text        NOT NULL,
            checksum    text        NOT NULL CHECK (length(checksum) = 64),
            applied_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
            applied_by  text        NOT NULL DEFAULT session_user,
            duration_ms bigint      NOT NULL CHECK (duration_ms >= 0)
        );
        GRANT SELECT ON {SchemaStatus.HistoryTable} TO {roles.App}, {roles.Readonly};
        """;
}
