using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;
using Portico.Domain.Common;
using Portico.Infrastructure.Postgres;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary><c>purge</c>: permanently removes old deleted records that no other record refers to.</summary>
/// <remarks>
/// The classes of the records (<see cref="IPurgeable"/>) name the tables; the foreign keys of the database name the references. A record
/// that only a purged record refers to is removed after it. Each transaction removes a limited batch, so the command can stop at any time.
/// </remarks>
internal static class PurgeCommand
{
    private const string ReferencesSql =
        """
        SELECT format('NOT EXISTS (SELECT FROM %s AS child WHERE %s)', k.conrelid::regclass,
            string_agg(format('child.%I = purged.%I', c.attname, p.attname), ' AND '))
        FROM pg_constraint k
            CROSS JOIN unnest(k.conkey, k.confkey) AS pair (child, parent)
            JOIN pg_attribute c ON c.attrelid = k.conrelid AND c.attnum = pair.child
            JOIN pg_attribute p ON p.attrelid = k.confrelid AND p.attnum = pair.parent
        WHERE k.contype = 'f' AND k.confrelid = $1::regclass AND k.confdeltype IN ('a', 'r')
        GROUP BY k.oid, k.conrelid
        """;

    public static Command Create(CommandHost host)
    {
        var olderThan = Durations.Age(
            "--older-than", TimeSpan.FromDays(1), TimeSpan.FromDays(3650), "The minimum time since the deletion of a record, such as 90d.");
        return host.Create(
            "purge", "Permanently remove old deleted records that no other record refers to.", [olderThan, .. WorkLimits.Options()],
            (run, cancellationToken) => RunAsync(run, run.Arguments.GetValue(olderThan), cancellationToken));
    }

    private static async Task<ExitCode> RunAsync(CommandRun run, TimeSpan age, CancellationToken cancellationToken)
    {
        var (target, limits) = (run.Settings.Migrator, WorkLimits.Of(run));
        run.Report.Set("database", target.Database);
        await using var connection = await DatabaseServer.OpenAsync(
            target, limits.ConnectTimeout, run.Report, cancellationToken, limits.StatementTimeout);
        await DatabaseServer.ExecuteAsync(
            connection,
            $"SET ROLE {run.Settings.Roles.Owner}; SET lock_timeout TO {(int)limits.StatementLockTimeout.TotalMilliseconds}",
            cancellationToken);

        var removed = Tables(connection).ToDictionary(table => table, _ => 0L, StringComparer.Ordinal);
        bool goesOn;
        do
        {
            goesOn = false;
            foreach (var table in removed.Keys)
            {
                var gone = await PurgeAsync(connection, table, age, cancellationToken);
                removed[table] += gone;
                // Records that it referred to may be removable now.
                goesOn |= gone > 0;
            }
        }
        while (goesOn);

        run.Report.Set("removed", removed);
        foreach (var (table, number) in removed)
            run.Report.Line($"{table}: {number} removed.");
        return ExitCode.Ok;
    }

    private static async Task<long> PurgeAsync(NpgsqlConnection connection, string table, TimeSpan age, CancellationToken cancellationToken)
    {
        var conditions = string.Concat(
            (await ReferencesAsync(connection, table, cancellationToken)).Select(condition => $" AND {condition}"));
        return await BatchedDelete.RunAsync(
            text => new NpgsqlCommand(text, connection),
            table,
            $"purged.deleted_at < now() - $1{conditions}",
            "purged.deleted_at",
            [age],
            cancellationToken,
            // A transaction that adds a reference to a record has locked that record.
            "FOR UPDATE OF purged SKIP LOCKED");
    }

    private static async Task<IReadOnlyList<string>> ReferencesAsync(
        NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ReferencesSql, connection).With(table);
        return await command.ReadAll(row => row.GetString(0), cancellationToken);
    }

    private static string[] Tables(NpgsqlConnection connection)
    {
        using var context = AuditedContext.Create(connection);
        return
        [
            .. context.Model.GetEntityTypes().Where(entity => typeof(IPurgeable).IsAssignableFrom(entity.ClrType)).Select(
                entity => entity.GetTableName()!).Order(StringComparer.Ordinal)
        ];
    }
}
