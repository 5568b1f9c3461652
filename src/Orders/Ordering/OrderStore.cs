using Npgsql;
using Portico.Infrastructure.Postgres;
using Portico.Orders.Domain;

namespace Portico.Orders.Ordering;

/// <summary>Writes orders. Each operation is one transaction, and may be repeated.</summary>
/// <remarks>
/// Lock order: the id of the order (an advisory lock, only while there may be no row), then the row of the owner. The row of the owner
/// serialises the changes of one user, so an order needs no lock of its own.
/// </remarks>
internal sealed class OrderStore(NpgsqlDataSource database, OrderSettings settings, OrderSignal signal, TimeProvider clock)
{
    /// <summary>Adds a pending order, or answers the order that was added before with the same content.</summary>
    /// <param name="id">Made by the caller.</param>
    /// <param name="ownerId">The user.</param>
    /// <param name="fingerprint">The hash of the request.</param>
    /// <param name="place">Makes the order; runs only if the id is new.</param>
    /// <param name="cancellationToken">Rolls back.</param>
    /// <exception cref="OrderRefusedException">The order is refused.</exception>
    public async Task<CustomerOrder> AddAsync(
        Guid id,
        Guid ownerId,
        byte[] fingerprint,
        Func<DateTimeOffset, (CustomerOrder? Order, OrderError? Error)> place,
        CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockIdAsync(connection, id, cancellationToken);
        if (await FindFingerprintAsync(connection, id, cancellationToken) is { } known)
        {
            if (known.OwnerId != ownerId || !known.Fingerprint.AsSpan().SequenceEqual(fingerprint))
                throw new OrderRefusedException(OrderErrors.IdReused);
            return (await OrderRows.FindAsync(connection, id, cancellationToken))!;
        }

        if (await IsRefusedAsync(connection, id, cancellationToken))
            throw new OrderRefusedException(OrderErrors.Cancelled);

        var (order, error) = place(Now());
        if (order is null)
            throw new OrderRefusedException(error!);
        await CountAsync(connection, order, cancellationToken);
        await InsertAsync(connection, order, fingerprint, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        signal.Changed(ownerId);
        return order;
    }

    /// <summary>Changes an order under the lock of its owner.</summary>
    /// <param name="id">The order.</param>
    /// <param name="ownerId">Its owner; null for any.</param>
    /// <param name="change">Changes the order, or answers the error.</param>
    /// <param name="refuseIfMissing">Whether a later <see cref="AddAsync"/> with this id is refused if there is no order now.</param>
    /// <param name="cancellationToken">Rolls back.</param>
    /// <exception cref="OrderRefusedException">There is no such order, or the change is refused.</exception>
    public async Task<CustomerOrder> ChangeAsync(
        Guid id,
        Guid? ownerId,
        Func<CustomerOrder, DateTimeOffset, OrderError?> change,
        bool refuseIfMissing,
        CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (refuseIfMissing)
            await LockIdAsync(connection, id, cancellationToken);
        if (await LockOwnerAsync(connection, id, cancellationToken) is not { } locked || (ownerId is not null && ownerId != locked))
        {
            if (refuseIfMissing && await RefuseAsync(connection, id, cancellationToken))
                await transaction.CommitAsync(cancellationToken);
            throw new OrderRefusedException(OrderErrors.NotFound);
        }

        var order = (await OrderRows.FindAsync(connection, id, cancellationToken))!;
        var before = order.State;
        if (change(order, Now()) is { } error)
            throw new OrderRefusedException(error);
        if (order.State == before)
            return order;

        order.Change = await NextChangeAsync(connection, order, before, cancellationToken);
        await UpdateAsync(connection, order, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        signal.Changed(order.OwnerId);
        return order;
    }

    /// <summary>Finds pending orders whose time is over, the oldest first.</summary>
    public async Task<IReadOnlyList<Guid>> FindExpiredAsync(int count, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT id FROM orders WHERE status = 'pending' AND created_at < $1 ORDER BY created_at LIMIT $2")
            .With(Now() - settings.PendingLifetime, count);
        return await command.ReadAll(row => row.GetGuid(0), cancellationToken);
    }

    /// <summary>Forgets old refused ids, and returns how many.</summary>
    public async Task<int> ForgetRefusedAsync(int count, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "DELETE FROM refused_orders WHERE id IN (SELECT id FROM refused_orders WHERE refused_at < $1 LIMIT $2)")
            .With(Now() - settings.RefusedRetention, count);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private DateTimeOffset Now()
    {
        // As precise as the database, so that an order reads back as it was answered.
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    private static async Task LockIdAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))", connection).With(id);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<(Guid OwnerId, byte[] Fingerprint)?> FindFingerprintAsync(
        NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT owner_id, fingerprint FROM orders WHERE id = $1", connection).With(id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetGuid(0), reader.GetFieldValue<byte[]>(1)) : null;
    }

    private static async Task<bool> IsRefusedAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM refused_orders WHERE id = $1)", connection).With(id);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Counts the order for its owner and numbers the change; refuses it beyond the limits.</summary>
    private async Task CountAsync(NpgsqlConnection connection, CustomerOrder order, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO order_owners AS o (id, change, orders, pending) VALUES ($1, 1, 1, 1)
            ON CONFLICT (id) DO UPDATE SET change = o.change + 1, orders = o.orders + 1, pending = o.pending + 1
            RETURNING change, orders, pending
            """,
            connection).With(order.OwnerId);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (reader.GetInt32(1) > settings.MaxPerUser || reader.GetInt32(2) > settings.MaxPendingPerUser)
            throw new OrderRefusedException(OrderErrors.TooManyOrders);
        order.Change = reader.GetInt64(0);
    }

    private static async Task InsertAsync(
        NpgsqlConnection connection, CustomerOrder order, byte[] fingerprint, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH added AS (
                INSERT INTO orders (id, owner_id, status, total, currency, fingerprint, change, created_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8))
            INSERT INTO order_lines (order_id, position, product_id, name, quantity, unit_price)
            SELECT $1, position, product_id, name, quantity, unit_price
            FROM unnest($9, $10, $11, $12) WITH ORDINALITY AS l (product_id, name, quantity, unit_price, position)
            """,
            connection).With(
            order.Id, order.OwnerId, RowNames.Of(order.State), order.Total.Units, order.Total.Currency.Code, fingerprint, order.Change,
            order.CreatedAt, order.Lines.Select(line => line.ProductId).ToArray(), order.Lines.Select(line => line.Name).ToArray(),
            order.Lines.Select(line => line.Quantity).ToArray(), order.Lines.Select(line => line.UnitPrice.Units).ToArray());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Locks the owner of an order; null if there is no order.</summary>
    private static async Task<Guid?> LockOwnerAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT w.id FROM order_owners w WHERE w.id = (SELECT owner_id FROM orders WHERE id = $1) FOR NO KEY UPDATE", connection)
            .With(id);
        return (Guid?)await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Refuses the id, unless there is an order (of another owner).</summary>
    private async Task<bool> RefuseAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO refused_orders (id, refused_at) SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM orders WHERE id = $1)
            ON CONFLICT (id) DO NOTHING
            """,
            connection).With(id, Now());
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    private static async Task<long> NextChangeAsync(
        NpgsqlConnection connection, CustomerOrder order, OrderState before, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "UPDATE order_owners SET change = change + 1, pending = pending - $2 WHERE id = $1 RETURNING change", connection)
            .With(order.OwnerId, before == OrderState.Pending ? 1 : 0);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task UpdateAsync(NpgsqlConnection connection, CustomerOrder order, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "UPDATE orders SET status = $2, cancel_reason = $3, change = $4, updated_at = $5 WHERE id = $1", connection)
            .With(
                order.Id, RowNames.Of(order.State), order.CancelledFor is { } reason ? RowNames.Of(reason) : null, order.Change,
                order.UpdatedAt);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
