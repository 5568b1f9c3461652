using Npgsql;
using Portico.Infrastructure.Postgres;
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
    public async Task<IReadOnlyList<CatalogueProduct>> ListAsync(
        ProductPosition? after, int count, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"{Columns} WHERE p.is_on_sale AND (p.name, p.id) > ($1, $2) ORDER BY p.name, p.id LIMIT $3")
            .With(after?.Name ?? "", after?.Id ?? Guid.Empty, count);
        return await command.ReadAll(Read, cancellationToken);
    }

    /// <summary>Reads those of the products that are on sale, by name.</summary>
    public async Task<IReadOnlyList<CatalogueProduct>> FindAsync(Guid[] ids, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"{Columns} WHERE p.is_on_sale AND p.id = ANY ($1) ORDER BY p.name, p.id")
            .With(ids);
        return await command.ReadAll(Read, cancellationToken);
    }

    private static CatalogueProduct Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetString(2),
        Money.Of(row.GetInt64(3), new Currency(row.GetString(4), row.GetInt16(5))));
}
