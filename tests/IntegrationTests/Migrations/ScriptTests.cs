using System.Diagnostics;
using Npgsql;

namespace Portico.IntegrationTests.Migrations;

[Collection(MigratorCluster.Tests.Name)]
public sealed class ScriptTests(MigratorCluster cluster)
{
    private readonly TestMigrator _migrator = cluster.NewMigrator();

    [Fact]
    public async Task Psql_gets_from_it_what_up_would_have_made_and_may_run_it_again()
    {
        using var empty = new MigrationFolder();
        await _migrator.SucceedAsync(["up", .. empty.Option]);
        var script = (await _migrator.SucceedAsync("script")).Output;

        await PsqlAsync(script);
        await PsqlAsync(script);
        Assert.Equal(0, (await _migrator.RunAsync("status", "--check")).ExitCode);
        Assert.Equal(
            "portico_owner",
            await _migrator.AskAsync<string>("SELECT relowner::regrole::text FROM pg_class WHERE oid = 'users'::regclass"));
    }

    [Fact]
    public async Task Needs_no_database_and_holds_what_it_is_asked_for()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a").WithTable("0002_b", "b").WithTable("0003_c", "c");
        _migrator.Settings.Clear();
        _migrator.Settings["DOTNET_ENVIRONMENT"] = "Development";
        var sql = (await _migrator.SucceedAsync(["script", "--from", "2", "--to", "2", "--json", .. folder.Option])).Json.GetProperty("sql")
            .GetString()!;
        Assert.Contains("CREATE TABLE b", sql, StringComparison.Ordinal);
        Assert.DoesNotContain("CREATE TABLE a", sql, StringComparison.Ordinal);
        Assert.DoesNotContain("CREATE TABLE c", sql, StringComparison.Ordinal);
    }

    private async Task PsqlAsync(string script)
    {
        var connection = new NpgsqlConnectionStringBuilder(_migrator.Settings["ConnectionStrings:Migrator"]);
        var start = new ProcessStartInfo(
            "psql",
            ["-X", "-q", "-h", connection.Host!, "-p", $"{connection.Port}", "-U", connection.Username!, "-d", connection.Database!])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PGPASSWORD"] = connection.Password;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(script);
        process.StandardInput.Close();
        await process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        await output;
        Assert.True(process.ExitCode == 0, await error);
    }
}
