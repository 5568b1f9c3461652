using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Infrastructure.Postgres;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary><c>validate</c>: applies and reverts every migration on scratch databases, and compares the schema with the EF model.</summary>
internal static class ValidateCommand
{
    public static Command Create(CommandHost host) => host.Create(
        "validate",
        "Apply and revert every migration on scratch databases, and compare the schema with the EF model. "
        + "Exits with 4 when they differ.",
        WorkLimits.Options(),
        RunAsync,
        CommandScope.OneTarget);

    private static async Task<ExitCode> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var limits = WorkLimits.Of(run);
        MigrationTarget.RefuseDangers(run.Catalog.Migrations);
        await new DatabaseBootstrap(run.Settings, run.Report).EnsureAsync(withDatabase: false, limits, cancellationToken);
        var validation = new SchemaValidation(run.Settings, run.Catalog, limits, run.Report);
        var differences = await validation.RunAsync(
            // The orders service reads its tables with SQL and has no EF model.
            run.Settings.Roles == SchemaTarget.Portico.Roles ? CreateScript : null,
            cancellationToken);

        run.Report.Set("differences", differences);
        foreach (var difference in differences)
            run.Report.Raw(difference + Environment.NewLine);
        if (differences.Count > 0)
            throw new MigratorException(ExitCode.Drift, $"Differences found: {differences.Count}.");
        run.Report.Line($"{run.Catalog.Migrations.Count} migrations go up and down, and the schema fits its EF model if it has one.");
        return ExitCode.Ok;
    }

    private static string CreateScript(NpgsqlConnection connection)
    {
        using var context = AuditedContext.Create(connection);
        return context.Database.GenerateCreateScript();
    }
}
