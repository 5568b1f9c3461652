using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Portico.DevStack;
using Portico.Infrastructure.Audit;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.SigningKeys;
using Portico.Migrator;
using Portico.Seeder;

namespace Portico.Testing;

/// <summary>A migrated and seeded database of its own on a local stack, with the connection strings of its three roles.</summary>
public sealed record TestDatabase(string Bootstrap, string Migrator, string Portico)
{
    /// <summary>What its signing keys are sealed under.</summary>
    public static readonly string SealingKey = Convert.ToBase64String(new byte[32]);

    /// <summary>This database as the superuser, whom nothing stops.</summary>
    public string Superuser =>
        new NpgsqlConnectionStringBuilder(Bootstrap)
        {
            Database = new NpgsqlConnectionStringBuilder(Portico).Database,
            Pooling = false
        }.ConnectionString;

    /// <summary>Whether statements share connections; false for a database that is copied, which nobody may be connected to.</summary>
    private bool IsPooled { get; init; } = true;

    private const string Template = "portico_template";
    private static readonly SemaphoreSlim Gate = new(1);
    // By server and not by port, which another one may have had before.
    private static readonly Dictionary<LocalStack, TestDatabase> Templates = new(ReferenceEqualityComparer.Instance);

    // Those of the first server, as JSON, for the others.
    private static string? _signingKeys;

    /// <summary>Copies the database that was migrated once for this server.</summary>
    public static async Task<TestDatabase> CreateAsync(LocalStack stack)
    {
        await Gate.WaitAsync();
        try
        {
            if (!Templates.ContainsKey(stack))
                Templates[stack] = await MakeTemplate(stack);

            var database = Named($"test_{Guid.NewGuid():N}", stack);
            await using var connection = new NpgsqlConnection(stack.Postgres.ConnectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                $"CREATE DATABASE {new NpgsqlConnectionStringBuilder(database.Portico).Database} TEMPLATE {Template} OWNER portico_owner",
                connection);
            await command.ExecuteNonQueryAsync();
            return database;
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>Changes rows behind the application's back, as another process does.</summary>
    public Task ExecuteAsync(string sql, params object[] values) => ExecuteAsync(Portico, sql, values);

    /// <summary>Changes what no process may.</summary>
    public Task ExecuteAsOwnerAsync(string sql, params object[] values) =>
        ExecuteAsync(Superuser, sql, values);

    /// <summary>Reads one value, as text.</summary>
    public async Task<string> TextAsync(string sql, params object[] values) =>
        $"{await RunAsync(Portico, sql, values, command => command.ExecuteScalarAsync())}";

    /// <summary>The connection strings of a database that is not made yet.</summary>
    public static TestDatabase Named(string name, LocalStack stack) => new(
        stack.Postgres.ConnectionString,
        Role(stack, name, "portico_migrator"),
        Role(stack, name, "portico_app"));

    /// <summary>The settings of programs that use this database.</summary>
    public IDictionary<string, string?> Settings() => new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
    {
        ["DOTNET_ENVIRONMENT"] = "Development",
        ["ConnectionStrings:Bootstrap"] = Bootstrap,
        ["ConnectionStrings:Migrator"] = Migrator,
        ["ConnectionStrings:Portico"] = Portico,
    };

    private async Task ExecuteAsync(string connectionString, string sql, object[] values)
    {
        if (await RunAsync(connectionString, sql, values, command => command.ExecuteNonQueryAsync()) == 0)
            throw new InvalidOperationException($"No row was changed: {sql}");
    }

    /// <summary>
    /// Runs one statement on a connection of a pool, because a new process of the server for each costs more than most statements.
    /// A test may have broken the connections in the pool; then the statement runs again on a new one.
    /// </summary>
    private async Task<T> RunAsync<T>(string connectionString, string sql, object[] values, Func<NpgsqlCommand, Task<T>> run)
    {
        var options = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = IsPooled,
            ApplicationName = "test",
            MaxPoolSize = 8,
            ConnectionIdleLifetime = 5,
            ConnectionPruningInterval = 5,
        };
        try
        {
            return await RunOnceAsync();
        }
        catch (NpgsqlException failure) when (failure.IsTransient)
        {
            options.Pooling = false;
            return await RunOnceAsync();
        }

        async Task<T> RunOnceAsync()
        {
            await using var connection = new NpgsqlConnection(options.ConnectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            return await run(command);
        }
    }

    private static async Task<TestDatabase> MakeTemplate(LocalStack stack)
    {
        var template = Named(Template, stack) with { IsPooled = false };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(template.Settings()).Build();
        await Succeed((output, error) => MigratorApp.RunAsync(["up"], configuration, output, error, default));
        await Succeed((output, error) => SeederApp.RunAsync(["reference"], configuration, output, error, default));
        await MakeSigningKeys(template);
        return template;
    }

    /// <summary>Each application would make them at its first start, for half a second of a processor.</summary>
    private static async Task MakeSigningKeys(TestDatabase template)
    {
        if (_signingKeys is not null)
        {
            await template.ExecuteAsync(
                "INSERT INTO identity.signing_keys SELECT * FROM json_populate_recordset(NULL::identity.signing_keys, $1::json)",
                _signingKeys);
            return;
        }

        var options = new DbContextOptionsBuilder<AppDbContext>().UseNpgsql(template.Portico).UseSnakeCaseNamingConvention().Options;
        await using var db = new AppDbContext(options);
        var (tokens, caller) = (new TokenSettings { SealingKey = SealingKey }, new SystemCaller());
        await new SigningKeyStore(db, new KeySealing(tokens), new AuditLog(db, options, caller, caller, TimeProvider.System))
            .Advance(tokens, default);
        _signingKeys = await template.TextAsync("SELECT json_agg(key) FROM identity.signing_keys key");
    }

    private static async Task Succeed(Func<TextWriter, TextWriter, Task<int>> run)
    {
        using var output = new StringWriter();
        if (await run(output, output) != 0)
            throw new InvalidOperationException($"The test database could not be made: {output}");
    }

    private static string Role(LocalStack stack, string database, string role) =>
        new NpgsqlConnectionStringBuilder(stack.Postgres.ConnectionString)
        {
            Database = database,
            Username = role,
            Password = role,
            // Template databases can't be copied while somebody is connected.
            Pooling = database != Template,
            MaxPoolSize = 20,
        }.ConnectionString;
}
