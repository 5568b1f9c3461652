using Microsoft.Extensions.Configuration;
using Npgsql;
using Portico.Infrastructure.Postgres;

namespace Portico.Seeder;

/// <summary>Fills the catalogue of the orders service with demo products; existing products stay unchanged.</summary>
internal sealed class DemoCatalogue(IConfiguration configuration)
{
    private const string Key = "ConnectionStrings:Orders";

    private static readonly (string Id, string Name, string Description, long Price, string Currency)[] Products =
    [
        ("0199c2a7-0001-7000-8000-000000000001", "Ceramic mug", "Holds 300 ml and survives the dishwasher.", 12_50, "EUR"),
        ("0199c2a7-0002-7000-8000-000000000002", "Notebook", "192 dotted pages of recycled paper.", 8_90, "EUR"),
        ("0199c2a7-0003-7000-8000-000000000003", "Fountain pen", "A steel nib and two cartridges of blue ink.", 34_00, "EUR"),
        ("0199c2a7-0004-7000-8000-000000000004", "Desk lamp", "Warm light that can be dimmed.", 49_95, "EUR"),
        ("0199c2a7-0005-7000-8000-000000000005", "Backpack", "20 litres, with a pocket for a laptop.", 79_00, "EUR"),
        ("0199c2a7-0006-7000-8000-000000000006", "Chess set", "Beech pieces on a folding board.", 27_40, "EUR"),
        ("0199c2a7-0007-7000-8000-000000000007", "Travel adapter", "Fits the sockets of 150 countries.", 19_99, "USD"),
        ("0199c2a7-0008-7000-8000-000000000008", "Umbrella", "Opens at the press of a button.", 22_00, "USD"),
        ("0199c2a7-0009-7000-8000-000000000009", "Tea tin", "100 g of loose Assam tea.", 9_75, "GBP"),
        ("0199c2a7-000a-7000-8000-00000000000a", "Paper lantern", "Made by hand.", 1_800, "JPY"),
    ];

    /// <summary>Opens the database of the orders service.</summary>
    /// <exception cref="SeederException">The connection string is missing or wrong.</exception>
    public static NpgsqlDataSource Open(IConfiguration configuration)
    {
        if (configuration[Key] is not { Length: > 0 } connection)
            throw new SeederException($"{Key} is missing: the Npgsql connection string of the role orders_app.");
        try
        {
            return NpgsqlDataSource.Create(connection);
        }
        catch (ArgumentException)
        {
            // The message may contain a part of the password.
            throw new SeederException($"{Key} is not a valid Npgsql connection string.");
        }
    }

    public async Task Run(TextWriter output, CancellationToken cancellationToken)
    {
        await using var database = Open(configuration);
        await using var command = database.CreateCommand(
            """
            INSERT INTO products (id, name, description, price, currency) SELECT * FROM unnest($1, $2, $3, $4, $5)
            ON CONFLICT (id) DO NOTHING
            """).With(
            Products.Select(product => Guid.Parse(product.Id)).ToArray(),
            Products.Select(product => product.Name).ToArray(),
            Products.Select(product => product.Description).ToArray(),
            Products.Select(product => product.Price).ToArray(),
            Products.Select(product => product.Currency).ToArray());
        await output.WriteLineAsync($"catalogue: {await command.ExecuteNonQueryAsync(cancellationToken)} changes");
    }
}
