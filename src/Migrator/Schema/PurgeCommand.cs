using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;
using Portico.Domain.Common;
using Portico.Infrastructure.Postgres;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary><c>purge</c>: removes records for good that were deleted long ago and that nothing refers to.</summary>
/// <remarks>
/// Which ones may go, their classes say (<see cref="IPurgeable"/>); what refers to them, the foreign keys of the database. What is
/// referred to by a record that goes itself goes after it. A bounded batch a transaction, so it can be ended at any time.
/// </remarks>
internal static class PurgeCommand
{
    private const string ReferencesSql =
        """
        SELECT format('NOT EXISTS (SELECT FROM %s AS child WHERE %s)', k.conrelid::regclass, string_agg(format('child.%I = purged.%I', c.attname, p.attname), ' AND '))
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
            "--older-than", TimeSpan.FromDays(1), TimeSpan.FromDays(3650), "How long ago a record was deleted at least, such as 90d.");
        var limits = new WorkOptions();
        var command = new Command("purge", "Remove records for good that were deleted long ago and that nothing refers to.") { olderThan };
        limits.AddTo(command);
        host.SetAction(
            command,
            (run, cancellationToken) => RunAsync(run, run.Arguments.GetValue(olderThan), limits.Read(run.Arguments), cancellationToken));
        return command;
    }

    private static async Task<ExitCode> RunAsync(CommandRun run, TimeSpan age, WorkLimits limits, CancellationToken cancellationToken)
    {
        var target = run.Settings.Migrator;
        run.Report.Set("database", target.Database);
        await using var connection = await DatabaseServer.OpenAsync(
            target, limits.StatementTimeout, limits.ConnectTimeout, run.Report, cancellationToken);
        await DatabaseServer.ExecuteAsync(
            connection,
            $"SET ROLE {DatabaseRoles.Owner}; SET lock_timeout TO {(int)limits.StatementLockTimeout.TotalMilliseconds}",
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
                // What it referred to may go now.
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
            // Whoever is just making a reference to a record has it locked.
            "FOR UPDATE OF purged SKIP LOCKED");
    }

    private static async Task<List<string>> ReferencesAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ReferencesSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = table });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string> conditions = [];
        while (await reader.ReadAsync(cancellationToken))
            conditions.Add(reader.GetString(0));
        return conditions;
    }

    private static string[] Tables(NpgsqlConnection connection)
    {
        using var context = new AppDbContext(
            new DbContextOptionsBuilder<AppDbContext>().UseNpgsql(connection).UseSnakeCaseNamingConvention().Options);
        return
        [
            .. context.Model.GetEntityTypes().Where(entity => typeof(IPurgeable).IsAssignableFrom(entity.ClrType)).Select(
                entity => entity.GetTableName()!).Order(StringComparer.Ordinal)
        ];
    }
}
