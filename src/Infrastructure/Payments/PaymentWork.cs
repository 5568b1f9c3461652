using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Application.Common.Persistence;
using Portico.Application.Payments;
using Portico.Domain.Payments;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Payments;

/// <summary>Wakes the payment worker of this process.</summary>
internal sealed class PaymentSignal : WakeSignal;

/// <summary>Keeps the work on payments in the table <c>payment_work</c>; leases use the clock of the database.</summary>
internal sealed partial class PaymentWork(
    AppDbContext db, ITransaction transaction, NpgsqlDataSource database, PaymentSettings settings, PaymentSignal signal,
    TimeProvider clock, ILogger<PaymentWork> logger) : IPaymentWork
{
    private const string Columns = "payment_id, lease_id, wakes, attempts";

    // A request that has used its whole time still ends its lease itself.
    private static readonly TimeSpan LeaseMargin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(2);

    // For the ledger, beside the call to the provider.
    private static readonly TimeSpan OwnTime = TimeSpan.FromSeconds(2);

    public TimeSpan Timeout => settings.Timeout + OwnTime;

    private TimeSpan Lease => Timeout + LeaseMargin;

    public async Task<PaymentLease> Add(Guid paymentId, CancellationToken cancellationToken)
    {
        var command = db.CreateCommand(
            $"""
            INSERT INTO payment_work (payment_id, due_at, lease_id, leased_until)
            VALUES ($1, clock_timestamp(), gen_random_uuid(), clock_timestamp() + $2) RETURNING {Columns}
            """).With(paymentId, Lease);
        return (await Read(command, cancellationToken))[0];
    }

    public async Task Wake(Guid paymentId, CancellationToken cancellationToken)
    {
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO payment_work (payment_id, due_at, wakes) VALUES ({paymentId}, clock_timestamp(), 1)
            ON CONFLICT (payment_id) DO UPDATE
            SET due_at = least(payment_work.due_at, excluded.due_at), wakes = payment_work.wakes + 1
            """,
            cancellationToken);
        signal.SetAfterCommit(transaction);
    }

    public async Task<Payment?> Lock(Guid paymentId, CancellationToken cancellationToken)
    {
        await db.Database.ExecuteSqlAsync($"SELECT FROM payments WHERE id = {paymentId} FOR NO KEY UPDATE", cancellationToken);
        return await db.Set<Payment>().FindWithRefunds(paymentId, cancellationToken);
    }

    public async Task<PaymentLease?> TryLease(Guid paymentId, CancellationToken cancellationToken)
    {
        var command = database.CreateCommand(
            $"""
            INSERT INTO payment_work AS work (payment_id, due_at, lease_id, leased_until)
            VALUES ($1, clock_timestamp(), gen_random_uuid(), clock_timestamp() + $2)
            ON CONFLICT (payment_id) DO UPDATE
            SET lease_id = excluded.lease_id, leased_until = excluded.leased_until, attempts = work.attempts + 1
            WHERE work.leased_until IS NULL OR work.leased_until < clock_timestamp() RETURNING {Columns}
            """).With(paymentId, Lease);
        return await Read(command, cancellationToken) is [var lease] ? lease : null;
    }

    /// <summary>Leases payments that are due, the longest waiting first.</summary>
    public Task<IReadOnlyList<PaymentLease>> Take(int count, CancellationToken cancellationToken) => Read(
        database.CreateCommand(
            $"""
            UPDATE payment_work SET lease_id = gen_random_uuid(), leased_until = clock_timestamp() + $2, attempts = attempts + 1
            WHERE payment_id IN (
                SELECT payment_id FROM payment_work
                WHERE due_at <= statement_timestamp() AND (leased_until IS NULL OR leased_until < statement_timestamp())
                ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
            RETURNING {Columns}
            """).With(count, Lease),
        cancellationToken);

    public Task End(PaymentLease lease, TimeSpan? pause) => End(lease, pause, failure: null);

    /// <inheritdoc cref="IPaymentWork.End"/>
    /// <param name="lease">The lease.</param>
    /// <param name="pause">When there is work again, unless somebody has asked for it meanwhile; <c>null</c> is never.</param>
    /// <param name="failure">Why the work failed; its notifications show it until an attempt succeeds.</param>
    public async Task End(PaymentLease lease, TimeSpan? pause, string? failure)
    {
        try
        {
            using var time = new CancellationTokenSource(EndTimeout, clock);
            // A first attempt that succeeds has no failure to take back.
            if (failure is not null || lease.Attempts > 1)
                await Tell(lease, failure, time.Token);
            if (pause is not null || !await Remove(lease, time.Token))
                await Pause(lease, pause ?? TimeSpan.Zero, failure is not null, time.Token);
            if (pause == TimeSpan.Zero)
                signal.Set();
        }
        catch (Exception outage) when (outage is NpgsqlException or OperationCanceledException)
        {
            LogKept(lease.PaymentId, outage.Message);
        }
    }

    private Task<int> Tell(PaymentLease lease, string? failure, CancellationToken cancellationToken) =>
        database.CreateCommand(
            """
            UPDATE payment_webhooks w SET last_error = left($2, 500) FROM payments p
            WHERE p.id = $1 AND w.provider = p.provider AND w.provider_payment_id = p.provider_id
                AND w.last_error IS DISTINCT FROM left($2, 500)
            """).With(lease.PaymentId, failure).Execute(cancellationToken);

    private async Task<bool> Remove(PaymentLease lease, CancellationToken cancellationToken) =>
        await database.CreateCommand("DELETE FROM payment_work WHERE payment_id = $1 AND lease_id = $2 AND wakes = $3")
            .With(lease.PaymentId, lease.Id, lease.Wakes)
            .Execute(cancellationToken) == 1;

    private Task<int> Pause(PaymentLease lease, TimeSpan pause, bool isFailure, CancellationToken cancellationToken) =>
        database.CreateCommand(
            """
            UPDATE payment_work SET lease_id = NULL, leased_until = NULL, attempts = CASE WHEN $5 THEN attempts ELSE 0 END,
                due_at = CASE WHEN wakes = $3 THEN clock_timestamp() + $4 ELSE due_at END
            WHERE payment_id = $1 AND lease_id = $2
            """).With(lease.PaymentId, lease.Id, lease.Wakes, pause, isFailure).Execute(cancellationToken);

    private static Task<IReadOnlyList<PaymentLease>> Read(NpgsqlCommand command, CancellationToken cancellationToken) =>
        command.ReadAll(
            row => new PaymentLease(row.GetGuid(0), row.GetGuid(1), row.GetInt64(2), row.GetInt32(3)), cancellationToken);

    [LoggerMessage(1, LogLevel.Warning, "Payment {PaymentId} is left to the end of its lease: {Failure}")]
    private partial void LogKept(Guid paymentId, string failure);
}
