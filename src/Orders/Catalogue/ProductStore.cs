using Npgsql;
using Portico.Orders.Domain;

namespace Portico.Orders.Catalogue;

/// <summary>A place in the list of products, which is sorted by name and id.</summary>
internal sealed record ProductPosition(string Name, Guid Id);

/// <summary>Reads the products on sale.</summary>
internal sealed class ProductStore(NpgsqlDataSource database)
{
    private const string Columns =
        "SELECT p.id, p.name, p.description, p.price, p.currency, c.decimals FROM products p JOIN currencies c ON c.code = p.currency";

    /// <summary>Reads the products after a position, by name.</summary>
    public async Task<List<CatalogueProduct>> ListAsync(ProductPosition? after, int count, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"{Columns} WHERE p.is_on_sale AND (p.name, p.id) > ($1, $2) ORDER BY p.name, p.id LIMIT $3");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after?.Name ?? "" });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = after?.Id ?? Guid.Empty });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Reads those of the products that are on sale, by name.</summary>
    public async Task<List<CatalogueProduct>> FindAsync(Guid[] ids, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"{Columns} WHERE p.is_on_sale AND p.id = ANY ($1) ORDER BY p.name, p.id");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids });
        return await ReadAsync(command, cancellationToken);
    }

    private static async Task<List<CatalogueProduct>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CatalogueProduct> products = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            var currency = new Currency(reader.GetString(4), reader.GetInt16(5));
            products.Add(new CatalogueProduct(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), Money.Of(reader.GetInt64(3), currency)));
        }

        return products;
    }
}
