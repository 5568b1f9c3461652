using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Application.Common.Persistence;
using Portico.Application.Payments;
using Portico.Domain.Payments;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Payments;

/// <summary>Reads and retries the notifications in the table <c>payment_webhooks</c>.</summary>
internal sealed class StoredWebhooks(AppDbContext db, ITransaction transaction, NpgsqlDataSource database, PaymentSignal signal)
    : IStoredWebhooks
{
    private const string ListSql =
        """
        SELECT w.provider, w.event_id, w.kind, w.provider_payment_id, p.id, w.received_at, w.times, w.attempts, w.due_at, w.handled_at,
            w.last_error
        FROM payment_webhooks w LEFT JOIN payments p ON p.provider = w.provider AND p.provider_id = w.provider_payment_id
        WHERE ($1::text IS NULL OR w.provider = $1)
        """;

    // Only for a later page: with "or null" PostgreSQL would read all rows before it.
    private const string AfterSql = " AND (w.received_at, w.provider, w.event_id) < ($3, $4, $5)";

    private const string OrderSql = " ORDER BY w.received_at DESC, w.provider DESC, w.event_id DESC LIMIT $2";

    public async Task<IReadOnlyList<WebhookDto>> List(
        WebhookFilter filter, WebhookPosition? after, int limit, CancellationToken cancellationToken)
    {
        // Not a parameter, so that the planner sees which partial index has the rows.
        var state = filter.State switch
        {
            WebhookState.Waiting => " AND w.handled_at IS NULL",
            WebhookState.Handled => " AND w.handled_at IS NOT NULL AND w.last_error IS NULL",
            WebhookState.Failed => " AND w.handled_at IS NOT NULL AND w.last_error IS NOT NULL",
            _ => "",
        };
        var command = database.CreateCommand($"{ListSql}{state}{(after is null ? "" : AfterSql)}{OrderSql}")
            .With(filter.Provider is { } provider ? EnumNames<PaymentProvider>.Of(provider) : null, limit);
        if (after is not null)
            command.With(after.ReceivedAt, EnumNames<PaymentProvider>.Of(after.Provider), after.EventId);

        return await command.ReadAll(Read, cancellationToken);
    }

    public async Task<bool> Retry(PaymentProvider provider, string eventId, CancellationToken cancellationToken)
    {
        var changed = await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE payment_webhooks SET handled_at = NULL, attempts = 0, due_at = clock_timestamp()
            WHERE provider = {EnumNames<PaymentProvider>.Of(provider)} AND event_id = {eventId}
            """,
            cancellationToken);
        signal.SetAfterCommit(transaction);
        return changed > 0;
    }

    private static WebhookDto Read(NpgsqlDataReader row)
    {
        var handledAt = row.ValueOrNull<DateTimeOffset>(9);
        var lastError = row.StringOrNull(10);
        return new WebhookDto(
            EnumNames<PaymentProvider>.Read(row.GetString(0)),
            row.GetString(1),
            row.GetString(2),
            row.GetString(3),
            row.ValueOrNull<Guid>(4),
            handledAt is null ? WebhookState.Waiting : lastError is null ? WebhookState.Handled : WebhookState.Failed,
            row.GetFieldValue<DateTimeOffset>(5),
            row.GetInt32(6),
            row.GetInt32(7),
            handledAt is null ? row.GetFieldValue<DateTimeOffset>(8) : null,
            handledAt,
            lastError);
    }
}
