namespace Portico.IntegrationTests.Migrations;

[Collection(MigratorCluster.Tests.Name)]
public sealed class MigratorAppTests(MigratorCluster cluster)
{
    private readonly TestMigrator _migrator = cluster.NewMigrator();

    [Theory]
    [InlineData(0, "up")]
    [InlineData(1, "up", "--to", "99")]
    [InlineData(0, "status")]
    [InlineData(0, "down", "--to", "0")]
    [InlineData(2, "status", "--check")]
    [InlineData(2, "wait", "--timeout", "1ms")]
    [InlineData(0, "script")]
    [InlineData(0, "validate")]
    [InlineData(1, "up", "--lock-timeout", "soon")]
    [InlineData(1, "up", "--nonsense")]
    [InlineData(1, "script", "--from", "2", "--to", "1")]
    [InlineData(1, "down")]
    public async Task Json_is_one_document_that_carries_the_exit_code(int exitCode, params string[] args)
    {
        using var foundation = new MigrationFolder();
        if (args[0] is "wait" or "status" or "down")
            await _migrator.SucceedAsync(["up", .. foundation.Option]);

        var result = await _migrator.RunAsync([.. args, "--json"]);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal(args[0], result.Json.GetProperty("command").GetString());
        Assert.Equal(exitCode, result.Json.GetProperty("exitCode").GetInt32());
        Assert.Equal(exitCode is 1 || args[0] is "wait", result.Json.TryGetProperty("error", out _));
    }

    [Fact]
    public async Task A_process_of_its_own_reads_its_settings_from_the_environment()
    {
        using var process = _migrator.Start("alone", "up", "--json");
        var result = await process.EndAsync();
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(_migrator.Database, result.Json.GetProperty("database").GetString());
    }

    [Theory]
    [InlineData(
        "ConnectionStrings:Migrator", "Host=x;Database=portico;Password=half;secret",
        "ConnectionStrings:Migrator is not an Npgsql connection string.")]
    [InlineData("ConnectionStrings:Migrator", "Database=portico", "ConnectionStrings:Migrator must name Host and Database.")]
    [InlineData("ConnectionStrings:Migrator", "Host=x", "ConnectionStrings:Migrator must name Host and Database.")]
    [InlineData(
        "ConnectionStrings:Migrator", "Host=x;Database=postgres",
        "ConnectionStrings:Migrator names the database postgres, which belongs to the server itself.")]
    [InlineData(
        "ConnectionStrings:Migrator", "Host=x;Database=portico;Username=portico_owner",
        "ConnectionStrings:Migrator must name another role than portico_owner.")]
    [InlineData(
        "ConnectionStrings:Portico", "Host=x;Database=elsewhere;Password=p",
        "ConnectionStrings:Portico names the database elsewhere")]
    [InlineData("ConnectionStrings:Portico", "Host=x;Username=postgres", "ConnectionStrings:Portico must name Host and Database.")]
    [InlineData("ConnectionStrings:Bootstrap", "Host=x", "ConnectionStrings:Bootstrap must name Host and Username.")]
    [InlineData("ConnectionStrings:Migrator", null, "ConnectionStrings:Migrator is missing")]
    [InlineData("Tokens:AccessTokenLifetime", "soon", "'Tokens:AccessTokenLifetime'")]
    public async Task Names_a_setting_that_is_wrong_and_no_piece_of_its_password(string key, string? value, string message)
    {
        _migrator.Settings[key] = value;
        var result = await _migrator.RunAsync("up");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("naïve")]
    public async Task Refuses_a_password_that_cannot_be_hashed_for_the_server(string password)
    {
        _migrator.Settings["ConnectionStrings:Portico"] = _migrator.As("portico_app", password);
        var result = await _migrator.RunAsync("up");
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("ConnectionStrings:Portico must hold a password", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_folder_of_migrations_in_production()
    {
        using var folder = new MigrationFolder();
        _migrator.Settings["DOTNET_ENVIRONMENT"] = "Production";
        var result = await _migrator.RunAsync(["up", .. folder.Option]);
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("--migrations is refused in production", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0s")]
    [InlineData("25h")]
    [InlineData("5")]
    [InlineData("-1s")]
    [InlineData("2147483647d")]
    [InlineData("")]
    public async Task Refuses_a_time_out_of_bounds(string time)
    {
        var result = await _migrator.RunAsync("up", "--lock-timeout", time);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"--lock-timeout: '{time}' is not a duration", result.Error, StringComparison.Ordinal);
    }
}
