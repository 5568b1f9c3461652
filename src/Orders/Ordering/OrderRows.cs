using Npgsql;
using Portico.Infrastructure.Postgres;
using Portico.Orders.Domain;

namespace Portico.Orders.Ordering;

/// <summary>A place in the list of orders, which begins with the newest.</summary>
internal sealed record OrderPosition(DateTimeOffset CreatedAt, Guid Id);

/// <summary>Reads orders with their lines.</summary>
internal sealed class OrderRows(NpgsqlDataSource database)
{
    // The lines come as arrays, so that an order is one row.
    private const string Columns =
        """
        SELECT o.id, o.owner_id, o.status, o.cancel_reason, o.total, o.currency, c.decimals, o.change, o.created_at, o.updated_at,
            l.products, l.names, l.quantities, l.prices
        FROM orders o
            JOIN currencies c ON c.code = o.currency
            CROSS JOIN LATERAL (
                SELECT array_agg(product_id ORDER BY position) AS products, array_agg(name ORDER BY position) AS names,
                    array_agg(quantity ORDER BY position) AS quantities, array_agg(unit_price ORDER BY position) AS prices
                FROM order_lines WHERE order_id = o.id) l
        """;

    public async Task<CustomerOrder?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await FindAsync(connection, id, cancellationToken);
    }

    public static async Task<CustomerOrder?> FindAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"{Columns} WHERE o.id = $1", connection).With(id);
        return (await command.ReadAll(Read, cancellationToken)).SingleOrDefault();
    }

    /// <summary>Reads the orders of a user after a position, the newest first.</summary>
    public async Task<IReadOnlyList<CustomerOrder>> ListAsync(
        Guid ownerId, OrderPosition? after, int count, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"{Columns} WHERE o.owner_id = $1 AND (o.created_at, o.id) < ($2, $3) ORDER BY o.created_at DESC, o.id DESC LIMIT $4")
            .With(ownerId, (after?.CreatedAt ?? DateTimeOffset.MaxValue).UtcDateTime, after?.Id ?? Guid.AllBitsSet, count);
        return await command.ReadAll(Read, cancellationToken);
    }

    /// <summary>Reads the orders of a user that changed after a change, in the order of their last changes.</summary>
    public async Task<IReadOnlyList<CustomerOrder>> ListChangedAsync(
        Guid ownerId, long after, int count, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"{Columns} WHERE o.owner_id = $1 AND o.change > $2 ORDER BY o.change LIMIT $3")
            .With(ownerId, after, count);
        return await command.ReadAll(Read, cancellationToken);
    }

    /// <summary>Reads the number of the last change of each user who has ordered.</summary>
    public async Task<Dictionary<Guid, long>> LastChangesAsync(Guid[] ownerIds, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT id, change FROM order_owners WHERE id = ANY ($1)").With(ownerIds);
        return (await command.ReadAll(row => (Id: row.GetGuid(0), Change: row.GetInt64(1)), cancellationToken))
            .ToDictionary(owner => owner.Id, owner => owner.Change);
    }

    private static CustomerOrder Read(NpgsqlDataReader row)
    {
        var currency = new Currency(row.GetString(5), row.GetInt16(6));
        var (products, names) = (row.GetFieldValue<Guid[]>(10), row.GetFieldValue<string[]>(11));
        var (quantities, prices) = (row.GetFieldValue<int[]>(12), row.GetFieldValue<long[]>(13));
        return new CustomerOrder
        {
            Id = row.GetGuid(0),
            OwnerId = row.GetGuid(1),
            State = RowNames.ReadState(row.GetString(2)),
            CancelledFor = row.IsDBNull(3) ? null : RowNames.ReadReason(row.GetString(3)),
            Total = Money.Of(row.GetInt64(4), currency),
            Change = row.GetInt64(7),
            CreatedAt = row.GetFieldValue<DateTimeOffset>(8),
            UpdatedAt = row.GetFieldValue<DateTimeOffset>(9),
            Lines = [.. products.Select((product, i) => new Line(product, names[i], quantities[i], Money.Of(prices[i], currency)))],
        };
    }
}

/// <summary>The names of states and reasons in the database.</summary>
internal static class RowNames
{
    public static string Of(OrderState state) => state switch
    {
        OrderState.Pending => "pending",
        OrderState.Placed => "placed",
        _ => "cancelled",
    };

    public static string Of(Cancellation reason) => reason switch
    {
        Cancellation.Requested => "requested",
        Cancellation.PaymentFailed => "payment_failed",
        _ => "expired",
    };

    public static OrderState ReadState(string name) => Array.Find(Enum.GetValues<OrderState>(), state => Of(state) == name);

    public static Cancellation ReadReason(string name) => Array.Find(Enum.GetValues<Cancellation>(), reason => Of(reason) == name);
}
