using System.Diagnostics.Metrics;
using Npgsql;
using Portico.Application.Payments;
using Portico.Domain.Payments;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Payments;

/// <summary>Stores notifications in the table <c>payment_webhooks</c>, and turns them into work on payments.</summary>
/// <remarks>
/// The body is not stored: the provider decides, and a body may contain personal data. Nothing is asked at the provider for a payment that
/// is not known here, so strangers can't use Portico to call it.
/// </remarks>
internal sealed class Webhooks(NpgsqlDataSource database, PaymentSignal signal, IMeterFactory meters) : IWebhooks
{
    private const int BatchSize = 100;

    // About half an hour; then a notification is about a payment of another installation.
    private const int MaxAttempts = 10;

    private const string Unknown = "No payment with this id is known.";

    private readonly Counter<long> _received = meters.Create("Portico.Payments").CreateCounter<long>(
        "portico.payments.webhooks", "{notification}", "Notifications that providers sent");

    public async Task Store(PaymentProvider provider, WebhookNotice notice, CancellationToken cancellationToken)
    {
        // One that is sent again is looked at again, because a stranger may have sent the first one too early; at most every 5 s.
        await database.CreateCommand(
            """
            INSERT INTO payment_webhooks (provider, event_id, kind, provider_payment_id, received_at, due_at)
            VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp())
            ON CONFLICT (provider, event_id) DO UPDATE SET times = payment_webhooks.times + 1, handled_at = NULL, attempts = 0,
                due_at = greatest(excluded.due_at, payment_webhooks.handled_at + interval '5 seconds')
            """).With(EnumNames<PaymentProvider>.Of(provider), notice.EventId, notice.Kind, notice.PaymentId).Execute(cancellationToken);
        _received.Add(1, new KeyValuePair<string, object?>("provider", EnumNames<PaymentProvider>.Of(provider)));
        signal.Set();
    }

    /// <summary>Makes the payments due that notifications are about.</summary>
    /// <remarks>
    /// A notification may come before the id of its payment is stored here: it is looked at again, up to about half an hour.
    /// </remarks>
    public async Task Route(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            WITH due AS MATERIALIZED (
                SELECT provider, event_id, provider_payment_id FROM payment_webhooks
                WHERE handled_at IS NULL AND due_at <= statement_timestamp() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED),
            known AS (
                SELECT due.provider, due.event_id, p.id FROM due
                    LEFT JOIN payments p ON p.provider = due.provider AND p.provider_id = due.provider_payment_id),
            woken AS (
                INSERT INTO payment_work (payment_id, due_at, wakes)
                SELECT DISTINCT id, statement_timestamp(), 1 FROM known WHERE id IS NOT NULL
                ON CONFLICT (payment_id) DO UPDATE
                SET due_at = least(payment_work.due_at, excluded.due_at), wakes = payment_work.wakes + 1)
            UPDATE payment_webhooks w SET attempts = attempts + 1,
                handled_at = CASE WHEN known.id IS NOT NULL OR attempts + 1 >= $2 THEN clock_timestamp() END,
                last_error = CASE WHEN known.id IS NULL THEN $3 END,
                due_at = clock_timestamp() + interval '2 seconds' * 2 ^ attempts
            FROM known WHERE w.provider = known.provider AND w.event_id = known.event_id
            """).With(BatchSize, MaxAttempts, Unknown);
        while (await command.ExecuteNonQueryAsync(cancellationToken) == BatchSize)
        {
            // There may be more.
        }
    }
}
