using System.Text.Json;
using Npgsql;
using Portico.Application.Notifications;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Notifications;

/// <summary>A notification that this process has claimed to send; the number of the try proves the claim.</summary>
/// <remarks>The address is <c>null</c> when the stored text is none: it must not keep the others from being claimed.</remarks>
internal sealed record ClaimedMessage(
    Guid Id, ContactAddress? To, string Locale, Notification Notification, DateTimeOffset QueuedAt, int Try);

/// <summary>The state of the notification queue.</summary>
/// <param name="Queued">The number of waiting notifications.</param>
/// <param name="Oldest">The age of the oldest of them.</param>
/// <param name="UntilNextDue">The time until the next one is due, not positive when it is; <c>null</c> when none waits.</param>
/// <param name="Dead">The number of dead letters.</param>
internal sealed record QueueState(long Queued, TimeSpan Oldest, TimeSpan? UntilNextDue, long Dead);

/// <summary>The notification queue in the table <c>messages</c>, which several processes read.</summary>
/// <remarks>A process claims a notification for the time of a lease; after that another process may claim it.</remarks>
internal sealed class NotificationStore(NpgsqlDataSource database, MailSettings settings)
{
    // An advisory lock that nothing else uses. Only one claim runs at a time, because two could both pass the limit of one address.
    private const long ClaimLock = 0x706F_7274_6D73_6773;

    private const int MaxReason = 500;

    // Notifications over the limit of their address are postponed by an hour, until Mail:GiveUpAfter is over.
    private const string ClaimSql = """
        WITH due AS MATERIALIZED (
            SELECT id, address, due_at, queued_at, template FROM messages
            WHERE status = 'queued' AND due_at <= now()
            ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
        ), ranked AS (
            SELECT id, queued_at < now() - $5 AS late, row_number() OVER (PARTITION BY address ORDER BY due_at, id)
                + (SELECT count(*) FROM messages t
                    WHERE t.address = due.address AND t.tried_at > now() - interval '1 day' AND t.id <> ALL (SELECT id FROM due))
                <= CASE WHEN template = ANY ($4) THEN ($2 + 1) / 2 ELSE $2 END AS allowed
            FROM due
        )
        UPDATE messages m SET
            due_at = now() + CASE WHEN allowed THEN $3 ELSE interval '1 hour' END,
            tried_at = CASE WHEN allowed THEN now() ELSE tried_at END,
            tries = tries + CASE WHEN allowed THEN 1 ELSE 0 END,
            status = CASE WHEN allowed OR NOT late THEN status ELSE 'dead' END,
            done_at = CASE WHEN allowed OR NOT late THEN done_at ELSE now() END,
            reason = CASE WHEN allowed THEN reason ELSE 'The address has reached its limit for the day.' END
        FROM ranked WHERE m.id = ranked.id
        RETURNING allowed, m.id, channel, address, locale, template, fields, queued_at, tries
        """;

    /// <summary>Claims due notifications up to a maximum; a smaller number does not mean that there are no more.</summary>
    /// <returns>The claimed notifications, and how many were postponed by the daily limit of their address.</returns>
    public async Task<(IReadOnlyList<ClaimedMessage> Claimed, int Postponed)> Claim(
        int most, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection).With(ClaimLock).Execute(cancellationToken);
        var due = await new NpgsqlCommand(ClaimSql, connection)
            .With(most, settings.MaxPerDay, lease, MessageTemplates.News.ToArray(), settings.GiveUpAfter)
            .ReadAll(row => row.GetBoolean(0) ? Read(row) : null, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        ClaimedMessage[] claimed = [.. due.OfType<ClaimedMessage>()];
        return (claimed, due.Count - claimed.Length);
    }

    /// <summary>Records the outcome of a try.</summary>
    /// <remarks>
    /// The values of a sent notification are deleted, a refused or given up one is a dead letter, which an operator can replay. The
    /// condition on tries: when another process has claimed the notification since, nothing changes.
    /// </remarks>
    public Task Mark(
        ClaimedMessage message, MessageOutcome outcome, string? reason, TimeSpan? pause, CancellationToken cancellationToken) =>
        database.CreateCommand(
            """
            UPDATE messages SET status = $3, reason = $4, due_at = coalesce(now() + $5, due_at),
                tried_at = CASE WHEN $3 = 'sent' THEN tried_at END,
                done_at = CASE WHEN $3 <> 'queued' THEN now() END,
                fields = CASE WHEN $3 = 'sent' THEN '{}' ELSE fields END
            WHERE id = $1 AND tries = $2 AND status = 'queued'
            """).With(
            message.Id, message.Try,
            outcome switch { MessageOutcome.Sent => "sent", MessageOutcome.Retried => "queued", _ => "dead" },
            reason is null ? null : ColumnText.Fit(reason, MaxReason),
            new NpgsqlParameter<TimeSpan?> { TypedValue = pause }).Execute(cancellationToken);

    /// <returns>The time until the next notification is due, not positive when it is; <c>null</c> when none waits.</returns>
    public async Task<TimeSpan?> UntilNextDue(CancellationToken cancellationToken) =>
        await database.CreateCommand("SELECT min(due_at) - now() FROM messages WHERE status = 'queued'")
            .ReadValue(cancellationToken) as TimeSpan?;

    public async Task<QueueState> Measure(CancellationToken cancellationToken) => (await database.CreateCommand(
        """
        SELECT count(*), coalesce(extract(epoch FROM now() - min(queued_at)), 0)::float8,
            min(due_at) - now(), (SELECT count(*) FROM messages WHERE status = 'dead')
        FROM messages WHERE status = 'queued'
        """).ReadFirst(
        row => new QueueState(
            row.GetInt64(0), TimeSpan.FromSeconds(row.GetDouble(1)), row.ValueOrNull<TimeSpan>(2), row.GetInt64(3)),
        cancellationToken))!;

    private static ClaimedMessage Read(NpgsqlDataReader row)
    {
        var address = row.GetString(3);
        var isValid = EnumNames<ContactKind>.Read(row.GetString(2)) == ContactKind.Email
            ? ContactAddress.TryParseEmail(address, out var to)
            : ContactAddress.TryParsePhone(address, out to);
        return new ClaimedMessage(
            row.GetGuid(1),
            isValid ? to : null,
            row.GetString(4),
            Notification.Of(row.GetString(5), JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(6))!),
            row.GetFieldValue<DateTimeOffset>(7),
            row.GetInt32(8));
    }
}
