using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Domain.Orders;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Seeder;

/// <summary>Gives the first demo users paid orders.</summary>
/// <remarks>
/// The money goes through the write path of the ledger, and the order is written as the orders service stores it.
/// The id of an order follows from its owner, and every step repeats safely, as in a real order. An order that its owner cancelled stays
/// cancelled. Like the other demo data, the orders raise no events.
/// </remarks>
internal sealed class DemoOrders(AppDbContext db, DatabaseSettings settings, IConfiguration configuration, TimeProvider clock)
{
    private const int People = 50;
    private const int MaxOrders = 3;
    private const int FingerprintLength = 32;

    private static readonly Currency Euro = Currency.Of("EUR");
    private static readonly TimeSpan HoldLifetime = TimeSpan.FromDays(1);

    public async Task Run(TextWriter output, CancellationToken cancellationToken)
    {
        await using var orders = DemoCatalogue.Open(configuration);
        var products = await ReadProducts(orders, cancellationToken);
        if (products.Count == 0)
            throw new SeederException("There are no products: run `catalogue` first.");

        await using var source = settings.CreateLedgerDataSource(1);
        await using var ledger = await LedgerSession.Open(source, cancellationToken, withEvents: false);
        var made = 0;
        foreach (var (number, (owner, wallet)) in (await db.ReadPeople(People, cancellationToken)).Index())
        {
            for (var n = 0; n <= number % MaxOrders; n++)
            {
                var product = products[(number + n) % products.Count];
                var order = new DemoOrder(IdOf(owner, n), owner, wallet, product, Quantity: 1 + (n % 2));
                if (await Pay(ledger, order))
                    made += await Insert(orders, order, cancellationToken);
            }
        }

        await output.WriteLineAsync($"orders: {made} changes");
    }

    private static async Task<IReadOnlyList<DemoProduct>> ReadProducts(NpgsqlDataSource orders, CancellationToken cancellationToken)
    {
        await using var command = orders.CreateCommand(
            "SELECT id, name, price FROM products WHERE currency = 'EUR' AND is_on_sale ORDER BY id LIMIT 10");
        return await command.ReadAll(row => new DemoProduct(row.GetGuid(0), row.GetString(1), row.GetInt64(2)), cancellationToken);
    }

    /// <returns>Whether the order is paid; a wallet without enough money gets no order.</returns>
    private async Task<bool> Pay(LedgerSession ledger, DemoOrder order)
    {
        var amount = Money.OfMinorUnits(order.Total, Euro);
        var results = await ledger.Execute(
        [
            Instruct(order, new Reservation(
                order.WalletId,
                SystemAccounts.IdOf(AccountKind.Sales, Euro),
                amount,
                clock.GetUtcNow() + HoldLifetime,
                $"Order {order.Id}")
            {
                Id = OrderIds.HoldOf(order.Id),
            }),
            Instruct(order, new Capture(OrderIds.HoldOf(order.Id), Amount: null) { Id = OrderIds.CaptureOf(order.Id) }),
        ]);
        if (results[0].Error is { Code: "not_found" })
            throw new SeederException("The system accounts are missing: run `reference` first.");
        return results[1].Error is null;
    }

    // The key with which the ledger knows the same instruction of an order that was placed.
    private static Instruction Instruct(DemoOrder order, Instruction instruction) => instruction with
    {
        By = order.OwnerId,
        IsOfOrder = true,
        Key = new InstructionKey(Guid.Empty, $"{instruction.Id}", new byte[FingerprintLength]),
    };

    /// <returns>How many orders were added: one or none.</returns>
    private async Task<int> Insert(NpgsqlDataSource orders, DemoOrder order, CancellationToken cancellationToken)
    {
        await using var connection = await orders.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var owner = new NpgsqlCommand(
            "INSERT INTO order_owners (id, change, orders, pending) VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING", connection)
            .With(order.OwnerId);
        await owner.ExecuteNonQueryAsync(cancellationToken);
        await using var insert = new NpgsqlCommand(
            """
            WITH numbered AS (SELECT change + 1 AS change FROM order_owners WHERE id = $2 FOR NO KEY UPDATE),
            added AS (
                INSERT INTO orders (id, owner_id, status, total, currency, fingerprint, change, created_at, updated_at)
                SELECT $1, $2, 'placed', $3, 'EUR', $4, change, $5, $5 FROM numbered ON CONFLICT (id) DO NOTHING RETURNING id),
            counted AS (
                UPDATE order_owners SET change = change + 1, orders = orders + 1 WHERE id = $2 AND EXISTS (SELECT FROM added)),
            lines AS (
                INSERT INTO order_lines (order_id, position, product_id, name, quantity, unit_price)
                SELECT id, 1, $6, $7, $8, $9 FROM added)
            SELECT count(*)::int FROM added
            """,
            connection).With(
            order.Id, order.OwnerId, order.Total, SHA256.HashData(order.Id.ToByteArray()), clock.GetUtcNow(), order.Product.Id,
            order.Product.Name, order.Quantity, order.Product.Price);
        var added = (int)(await insert.ExecuteScalarAsync(cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        return added;
    }

    // UUID v8 (RFC 9562).
    private static Guid IdOf(Guid owner, int number)
    {
        var id = SHA256.HashData(Encoding.UTF8.GetBytes($"demo order {owner} {number}"))[..16];
        (id[6], id[8]) = ((byte)((id[6] & 0x0F) | 0x80), (byte)((id[8] & 0x3F) | 0x80));
        return new Guid(id, bigEndian: true);
    }

    private sealed record DemoProduct(Guid Id, string Name, long Price);

    private sealed record DemoOrder(Guid Id, Guid OwnerId, Guid WalletId, DemoProduct Product, int Quantity)
    {
        public long Total => Product.Price * Quantity;
    }
}
