using Npgsql;
using Portico.Application.Notifications;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Notifications;

/// <summary>Reads the notifications of a user from the table <c>messages</c>, never their values or addresses.</summary>
internal sealed class NotificationHistory(NpgsqlDataSource database) : INotificationHistory
{
    public Task<IReadOnlyList<NotificationDto>> Last(Guid userId, int limit, CancellationToken cancellationToken) => database
        .CreateCommand(
            """
            SELECT id, template, channel, status, queued_at, done_at FROM messages
            WHERE user_id = $1 ORDER BY queued_at DESC, id DESC LIMIT $2
            """)
        .With(userId, limit)
        .ReadAll(
            row => new NotificationDto(
                row.GetGuid(0),
                row.GetString(1),
                EnumNames<ContactKind>.Read(row.GetString(2)),
                Status(row.GetString(3)),
                row.GetFieldValue<DateTimeOffset>(4),
                row.ValueOrNull<DateTimeOffset>(5)),
            cancellationToken);

    private static NotificationStatus Status(string stored) => stored switch
    {
        "queued" => NotificationStatus.Queued,
        "sent" => NotificationStatus.Sent,
        _ => NotificationStatus.Failed,
    };
}
