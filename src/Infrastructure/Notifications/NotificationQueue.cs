using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Application.Notifications;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Notifications;

/// <summary>Adds notifications to the table <c>messages</c>, with the current address and language of the user.</summary>
internal sealed class NotificationQueue(
    AppDbContext db, ITransaction transaction, IMessageSender messages, NotificationSignal signal, TimeProvider clock) : INotificationQueue
{
    public async Task Enqueue(
        Guid eventId, Guid userId, Notification notification, CancellationToken cancellationToken, ContactAddress? to = null)
    {
        if (db.Database.CurrentTransaction is null)
            throw new InvalidOperationException(
                $"The notification {notification.Template} needs a transaction; without one it could be lost or sent twice.");

        var id = Ids.New(clock.GetUtcNow());
        var fields = JsonSerializer.Serialize(notification.Values);
        var (channel, address) = (to is null ? null : EnumNames<ContactKind>.Of(to.Kind), to?.Value);
        var (canMail, canText) = (messages.Reaches(ContactKind.Email), messages.Reaches(ContactKind.Phone));

        // A user who was deleted or blocked since still gets the notification.
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO messages (id, event_id, user_id, template, fields, channel, address, locale)
            SELECT {id}, {eventId}, u.id, {notification.Template}, {fields}::jsonb, a.channel, a.address, u.locale
            FROM users u CROSS JOIN LATERAL (
                VALUES ({channel}::text, {address}::text, 1), ('email', u.email, 2), ('phone', u.phone, 3)
            ) a (channel, address, rank)
            WHERE u.id = {userId} AND a.address IS NOT NULL AND ({address}::text IS NULL OR a.rank = 1)
                AND CASE a.channel WHEN 'email' THEN {canMail} ELSE {canText} END
            ORDER BY a.rank LIMIT 1
            ON CONFLICT DO NOTHING
            """,
            cancellationToken);
        signal.SetAfterCommit(transaction);
    }
}
