using Microsoft.Extensions.Configuration;
using Portico.Seeder;
using Portico.Testing;

namespace Portico.IntegrationTests.Seeding;

/// <summary>Runs the Seeder on a migrated database of its own.</summary>
internal sealed class TestSeeder
{
    private TestSeeder(TestDatabase database) => (Database, Settings) = (database, database.Settings());

    public TestDatabase Database { get; }
    public IDictionary<string, string?> Settings { get; }

    public static async Task<TestSeeder> CreateAsync()
    {
        var stack = await SharedStack.GetAsync();
        return new TestSeeder(await TestDatabase.CreateAsync(stack))
        {
            Settings =
            {
                ["Redis:ConnectionString"] = stack.Redis.ConnectionString,
                ["Redis:KeyPrefix"] = $"seed-{Guid.NewGuid():N}:",
                ["Redis:Deadline"] = "00:00:05",
                ["Otp:Key"] = Convert.ToBase64String(new byte[32]),
                ["Passwords:Argon2MemoryKiB"] = "8",
            },
        };
    }

    /// <summary>Runs a command that must succeed, and returns its output.</summary>
    public async Task<string> Seed(params string[] arguments)
    {
        using var output = new StringWriter();
        Assert.True(await Run(output, arguments) == 0, output.ToString());
        return output.ToString();
    }

    public Task<int> Run(StringWriter output, params string[] arguments) =>
        SeederApp.RunAsync(arguments, new ConfigurationBuilder().AddInMemoryCollection(Settings).Build(), output, output, default);
}
