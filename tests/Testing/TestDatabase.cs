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
            await Sql.ExecuteAsync(
                stack.Postgres.ConnectionString,
                $"CREATE DATABASE {new NpgsqlConnectionStringBuilder(database.Portico).Database} TEMPLATE {Template} OWNER portico_owner");
            return database;
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>Changes rows behind the application's back, as another process does.</summary>
    public Task ExecuteAsync(string sql, params object[] values) => ChangeAsync(Portico, sql, values);

    /// <summary>Changes what no process may.</summary>
    public Task ExecuteAsOwnerAsync(string sql, params object[] values) => ChangeAsync(Superuser, sql, values);

    /// <summary>Reads one value, as text.</summary>
    public async Task<string> TextAsync(string sql, params object[] values) => $"{await ScalarAsync<object?>(sql, values)}";

    /// <summary>Reads one value.</summary>
    public Task<T> ScalarAsync<T>(string sql, params object[] values) => Sql.ScalarAsync<T>(Portico, sql, values);

    /// <summary>Reads all rows.</summary>
    public Task<IReadOnlyList<T>> RowsAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] values) =>
        Sql.RowsAsync(Portico, sql, read, values);

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

    private static async Task ChangeAsync(string connectionString, string sql, object[] values)
    {
        if (await Sql.ExecuteAsync(connectionString, sql, values) == 0)
            throw new InvalidOperationException($"No row was changed: {sql}");
    }

    private static async Task<TestDatabase> MakeTemplate(LocalStack stack)
    {
        var template = Named(Template, stack);
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

    /// <exception cref="InvalidOperationException">The program failed; the message is what it wrote.</exception>
    internal static async Task Succeed(Func<TextWriter, TextWriter, Task<int>> run)
    {
        using var output = new StringWriter();
        if (await run(output, output) != 0)
            throw new InvalidOperationException($"A test database could not be made: {output}");
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
