using Npgsql;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.Postgres.Migrations;

namespace Portico.Migrator.Schema;

/// <summary>All objects that migrations created in a database, one line each, so that two states can be compared.</summary>
/// <remarks>
/// Without the history table, without objects of extensions, and without the order of columns, which a revert cannot restore.
/// </remarks>
internal static class SchemaSnapshot
{
    private const string Sql =
        $"""
        WITH spaces AS (
            SELECT oid, nspname, nspowner, nspacl FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        ), extension_members AS (
            SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
        ), relations AS (
            SELECT c.*, c.oid::regclass::text AS title FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
            WHERE c.oid <> '{SchemaStatus.HistoryTable}'::regclass
                AND NOT EXISTS (SELECT FROM extension_members e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
        ), tables AS (
            SELECT * FROM relations WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
        ), routines AS (
            SELECT p.*, p.oid::regprocedure::text AS title FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
            WHERE NOT EXISTS (SELECT FROM extension_members e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
        ), types AS (
            SELECT t.*, t.oid::regtype::text AS title FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace
            WHERE t.typtype IN ('e', 'd', 'r')
                AND NOT EXISTS (SELECT FROM extension_members e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)
        )
        SELECT format('schema %I of %s: %s', nspname, nspowner::regrole, nspacl) FROM spaces
        UNION ALL
        SELECT format('relation %s (%s%s) of %s: rights %s, options %s, row security %s %s, definition %s', title, relkind, relpersistence,
            relowner::regrole, relacl, reloptions, relrowsecurity, relforcerowsecurity,
            CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) WHEN relkind = 'p' THEN pg_get_partkeydef(oid)
                WHEN relispartition THEN pg_get_expr(relpartbound, oid) END)
        FROM tables
        UNION ALL
        SELECT format('column %s.%I %s%s%s%s%s%s: rights %s', t.title, a.attname, format_type(a.atttypid, a.atttypmod),
            ' COLLATE ' || nullif(a.attcollation, y.typcollation)::regcollation::text, CASE WHEN a.attnotnull THEN ' NOT NULL' END,
            ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), ' IDENTITY ' || nullif(a.attidentity::text, ''),
            ' GENERATED ' || nullif(a.attgenerated::text, ''), a.attacl)
        FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        UNION ALL
        SELECT format('constraint %I on %s: %s, validated %s', k.conname, coalesce(t.title, k.contypid::regtype::text),
            pg_get_constraintdef(k.oid), k.convalidated)
        FROM pg_constraint k LEFT JOIN tables t ON t.oid = k.conrelid LEFT JOIN types y ON y.oid = k.contypid
        WHERE (t.oid IS NOT NULL OR y.oid IS NOT NULL) AND k.contype <> 'n'
        UNION ALL
        SELECT format('index %s, valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid) FROM pg_index i JOIN tables t ON t.oid = i.indrelid
        UNION ALL
        SELECT format('trigger %s, enabled %s', pg_get_triggerdef(g.oid), g.tgenabled)
        FROM pg_trigger g JOIN tables t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal
        UNION ALL
        SELECT format('rule %s', pg_get_ruledef(r.oid)) FROM pg_rewrite r JOIN tables t ON t.oid = r.ev_class WHERE r.rulename <> '_RETURN'
        UNION ALL
        SELECT format('policy %I on %s for %s, permissive %s, to %s using (%s) with check (%s)',
            p.polname, t.title, p.polcmd, p.polpermissive, p.polroles::regrole[],
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
        FROM pg_policy p JOIN tables t ON t.oid = p.polrelid
        UNION ALL
        SELECT format('sequence %s of %s: rights %s, %s from %s by %s to %s, cycle %s', r.title, r.relowner::regrole, r.relacl,
            format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement, q.seqmax, q.seqcycle)
        FROM relations r JOIN pg_sequence q ON q.seqrelid = r.oid
        UNION ALL
        SELECT format('routine %s of %s: rights %s, %s', title, proowner::regrole, proacl,
            CASE WHEN prokind <> 'a' THEN pg_get_functiondef(oid) END)
        FROM routines
        UNION ALL
        SELECT format('type %s of %s: rights %s, %s, labels %s, default %s', t.title, t.typowner::regrole, t.typacl,
            CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
            (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), t.typdefault)
        FROM types t
        UNION ALL
        SELECT format('extension %I %s in %s', extname, extversion, extnamespace::regnamespace) FROM pg_extension WHERE extname <> 'plpgsql'
        UNION ALL
        SELECT format('default rights of %s in %s on %s: %s', defaclrole::regrole, nullif(defaclnamespace, 0)::regnamespace,
            defaclobjtype, defaclacl)
        FROM pg_default_acl
        UNION ALL
        SELECT format('comment on %s: %s', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description)
        FROM pg_description d JOIN tables t ON d.classoid = 'pg_class'::regclass AND d.objoid = t.oid
        """;

    public static async Task<IReadOnlySet<string>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        return (await command.ReadAll(row => row.GetString(0), cancellationToken)).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The lines that only one of the two states has.</summary>
    public static IEnumerable<string> Differences(IReadOnlySet<string> before, IReadOnlySet<string> after) =>
    [
        .. before.Except(after, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(line => $"gone: {line}"),
        .. after.Except(before, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(line => $"left behind: {line}"),
    ];
}
