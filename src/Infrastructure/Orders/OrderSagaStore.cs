using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Application.Common.Messaging;
using Portico.Application.Orders;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Idempotency;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Orders;

/// <summary>Stores sagas in the table <c>order_sagas</c>; each change is one statement and so one transaction.</summary>
/// <remarks>Leases use the clock of the database, which all processes share.</remarks>
internal sealed partial class OrderSagaStore(
    NpgsqlDataSource database, OrdersSettings settings, CommittedEvents events, OrderSagaSignal signal, TimeProvider clock,
    ILogger<OrderSagaStore> logger) : IOrderSagas
{
    private const string Columns =
        "order_id, kind, owner_id, idempotency_key, wallet_id, amount, currency, started_at, attempts, lease_id, trace_parent";

    // A request that has used its whole time still ends its lease itself.
    private static readonly TimeSpan LeaseMargin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GiveUpTimeout = TimeSpan.FromSeconds(1);

    public TimeSpan Timeout => settings.Timeout;

    private TimeSpan Lease => settings.Timeout + LeaseMargin;

    public async Task<OrderSagaStart> Begin(OrderSaga saga, IdempotencyKey key, CancellationToken cancellationToken)
    {
        var command = database.CreateCommand(
            $"""
            WITH begun AS (
                INSERT INTO order_sagas ({Columns}, leased_until)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp() + $12) ON CONFLICT (order_id) DO NOTHING
                RETURNING owner_id, idempotency_key),
            used AS (
                INSERT INTO ledger.idempotency (owner_id, key, fingerprint, outcome, recorded_at)
                SELECT owner_id, idempotency_key, $13, '{ResultText.Elsewhere}', $8 FROM begun)
            SELECT count(*) FROM begun
            """).With(
            saga.OrderId, EnumNames<OrderSagaKind>.Of(saga.Kind), saga.OwnerId, saga.Key, saga.WalletId, saga.Total?.MinorUnits,
            saga.Total?.Currency.Code, saga.StartedAt, saga.Attempts, saga.LeaseId, saga.TraceParent, Lease, key.Fingerprint.Bytes);
        try
        {
            return await command.ReadValue(cancellationToken) is 1L ? OrderSagaStart.Begun : OrderSagaStart.OrderTaken;
        }
        catch (PostgresException failure) when (failure.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return OrderSagaStart.KeyTaken;
        }
    }

    public async Task<bool> Answer(IdempotencyKey key, StoredAnswer answer, CancellationToken cancellationToken) =>
        await database.CreateCommand(
            $"""
            WITH used AS (
                INSERT INTO ledger.idempotency (owner_id, key, fingerprint, outcome, recorded_at)
                VALUES ($1, $2, $3, '{ResultText.Elsewhere}', $7) ON CONFLICT DO NOTHING
                RETURNING owner_id, key, fingerprint, recorded_at),
            answered AS (
                INSERT INTO idempotency_answers (owner_id, key, fingerprint, status, headers, body, created_at)
                SELECT owner_id, key, fingerprint, $4, $5, $6, recorded_at FROM used)
            SELECT count(*) FROM used
            """).With(
            key.Owner, key.Value, key.Fingerprint.Bytes, answer.Status, StoredHeaders.Write(answer), answer.Body, clock.GetUtcNow())
            .ReadValue(cancellationToken) is 1L;

    public async Task<bool> End(
        OrderSaga saga, OrderEvent? happened, IdempotencyKey? key, StoredAnswer? answer, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var command = database.CreateCommand(
            $"""
            WITH ended AS (
                DELETE FROM order_sagas WHERE order_id = $1 AND lease_id = $2 RETURNING order_id, owner_id, idempotency_key, trace_parent)
            {(happened is null ? "" : """
            , told AS (
                INSERT INTO outbox
                    (id, aggregate_type, aggregate_id, aggregate_version, type, data, trace_parent, occurred_at)
                SELECT $3, 'Order', order_id, $4, $5, $6, trace_parent, $7 FROM ended
                ON CONFLICT (aggregate_id, aggregate_version) DO NOTHING)
            """)}
            {(answer is null ? """
            , answered AS (
                DELETE FROM ledger.idempotency k USING ended WHERE k.owner_id = ended.owner_id AND k.key = ended.idempotency_key)
            """ : """
            , answered AS (
                INSERT INTO idempotency_answers (owner_id, key, fingerprint, status, headers, body, created_at)
                SELECT owner_id, idempotency_key, $8, $9, $10, $11, $7 FROM ended)
            """)}
            SELECT count(*) FROM ended
            """).With(
            saga.OrderId, saga.LeaseId, Ids.New(now), happened?.Version ?? 0, happened is null ? "" : EventNames.Of(happened.Event),
            (happened is null ? [] : EventJson.Write(happened.Event)).AsText(), now);
        if (answer is not null)
            command.With(key!.Fingerprint.Bytes, answer.Status, StoredHeaders.Write(answer), answer.Body);

        var isEnded = await command.ReadValue(cancellationToken) is 1L;
        if (isEnded && happened is not null)
            events.Set();
        return isEnded;
    }

    public async Task GiveUp(OrderSaga saga)
    {
        try
        {
            using var time = new CancellationTokenSource(GiveUpTimeout, clock);
            await Pause(saga, TimeSpan.Zero, time.Token);
            signal.Set();
        }
        catch (Exception failure) when (failure is NpgsqlException or OperationCanceledException)
        {
            LogKept(saga.OrderId, failure.Message);
        }
    }

    /// <summary>Lets others work on a saga after a time.</summary>
    public Task Pause(OrderSaga saga, TimeSpan pause, CancellationToken cancellationToken) =>
        database.CreateCommand("UPDATE order_sagas SET leased_until = clock_timestamp() + $3 WHERE order_id = $1 AND lease_id = $2")
            .With(saga.OrderId, saga.LeaseId, pause)
            .Execute(cancellationToken);

    /// <returns>The time until the next lease ends, not positive when one has ended; <c>null</c> when there is no saga.</returns>
    public async Task<TimeSpan?> UntilNextDue(CancellationToken cancellationToken) =>
        await database.CreateCommand("SELECT min(leased_until) - clock_timestamp() FROM order_sagas")
            .ReadValue(cancellationToken) as TimeSpan?;

    /// <summary>Takes sagas whose lease has ended, the oldest lease first, each with a new lease.</summary>
    public Task<IReadOnlyList<OrderSaga>> Take(int count, CancellationToken cancellationToken) => database
        .CreateCommand(
            $"""
            UPDATE order_sagas SET attempts = attempts + 1, lease_id = gen_random_uuid(), leased_until = clock_timestamp() + $2
            WHERE order_id IN (
                SELECT order_id FROM order_sagas WHERE leased_until < clock_timestamp()
                ORDER BY leased_until LIMIT $1 FOR UPDATE SKIP LOCKED)
            RETURNING {Columns}
            """)
        .With(count, Lease)
        .ReadAll(
            row => new OrderSaga
            {
                OrderId = row.GetGuid(0),
                Kind = EnumNames<OrderSagaKind>.Read(row.GetString(1)),
                OwnerId = row.GetGuid(2),
                Key = row.GetString(3),
                WalletId = row.ValueOrNull<Guid>(4),
                Total = row.IsDBNull(5) ? null : Money.OfMinorUnits(row.GetDecimal(5), Currency.Of(row.GetString(6))),
                StartedAt = row.GetFieldValue<DateTimeOffset>(7),
                Attempts = row.GetInt32(8),
                LeaseId = row.GetGuid(9),
                TraceParent = row.StringOrNull(10),
            },
            cancellationToken);


    [LoggerMessage(1, LogLevel.Warning, "Order {OrderId} is left to the end of its lease: {Failure}")]
    private partial void LogKept(Guid orderId, string failure);
}
