using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Portico.Migrator;
using Portico.Migrator.Commands;

namespace Portico.IntegrationTests.Migrations;

/// <summary>Runs the Migrator against one database, in this process or in one of its own.</summary>
internal sealed class TestMigrator
{
    public const string MigratorPassword = "migrator's own";
    public const string AppPassword = "app's own";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly NpgsqlConnectionStringBuilder _bootstrap;

    public TestMigrator(string bootstrap, string database)
    {
        _bootstrap = new NpgsqlConnectionStringBuilder(bootstrap) { Pooling = false };
        Database = database;
        Settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ConnectionStrings:Bootstrap"] = bootstrap,
            ["ConnectionStrings:Migrator"] = As("portico_migrator", MigratorPassword),
            ["ConnectionStrings:Portico"] = As("portico_app", AppPassword),
            ["DOTNET_ENVIRONMENT"] = "Development",
        };
    }

    public string Database { get; }

    public Dictionary<string, string?> Settings { get; }

    public static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public string As(string user, string password) => new NpgsqlConnectionStringBuilder(_bootstrap.ConnectionString)
    {
        Database = Database,
        Username = user,
        Password = password,
    }.ConnectionString;

    public string AsApp() => As("portico_app", AppPassword);

    /// <summary>Opens the database as the superuser.</summary>
    public Task<NpgsqlConnection> OpenAsync() =>
        OpenAsync(new NpgsqlConnectionStringBuilder(_bootstrap.ConnectionString) { Database = Database }.ConnectionString);

    public IConfiguration Configuration() => new ConfigurationBuilder().AddInMemoryCollection(Settings).Build();

    public async Task<MigratorResult> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var deadline = new CancellationTokenSource(Deadline);
        return await RunAsync(args, output, error, deadline.Token);
    }

    public async Task<MigratorResult> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var exitCode = await MigratorApp.RunAsync(args, Configuration(), output, error, cancellationToken);
        return new MigratorResult(exitCode, output.ToString()!, error.ToString()!);
    }

    /// <summary>Runs it and expects exit code 0.</summary>
    public async Task<MigratorResult> SucceedAsync(params string[] args)
    {
        var result = await RunAsync(args);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result;
    }

    /// <summary>Starts it as a process of its own, whose sessions carry the name.</summary>
    public MigratorProcess Start(string name, params string[] args)
    {
        // Tests that run in the background ignore Ctrl-C, and a child would inherit that.
        var start = new ProcessStartInfo("env") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] command = ["--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, "Portico.Migrator.dll"), .. args];
        foreach (var argument in command)
            start.ArgumentList.Add(argument);
        foreach (var (key, value) in Settings)
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        start.Environment["ConnectionStrings__Migrator"] =
            new NpgsqlConnectionStringBuilder(Settings["ConnectionStrings:Migrator"]) { ApplicationName = name }.ConnectionString;
        return new MigratorProcess(name, Process.Start(start)!);
    }

    /// <summary>The only value that a question has for an answer.</summary>
    public async Task<T> AskAsync<T>(string sql, params object[] parameters)
    {
        await using var connection = await OpenAsync();
        return await AskAsync<T>(connection, sql, parameters);
    }

    public static async Task<T> AskAsync<T>(NpgsqlConnection connection, string sql, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<IReadOnlyList<int>> AppliedAsync() =>
        await AskAsync<int[]>("SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM schema_migrations");
}

internal sealed record MigratorResult(int ExitCode, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Error}";

    public string[] Strings(string property) => [.. Json.GetProperty(property).EnumerateArray().Select(item => item.GetString()!)];
}

internal sealed class MigratorProcess(string name, Process process) : IDisposable
{
    private readonly Task<string> _output = process.StandardOutput.ReadToEndAsync();
    private readonly Task<string> _error = process.StandardError.ReadToEndAsync();

    public string Name => name;

    public int Id => process.Id;

    public async Task<MigratorResult> EndAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(deadline.Token);
        return new MigratorResult(process.ExitCode, await _output, await _error);
    }

    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.Dispose();
    }
}
