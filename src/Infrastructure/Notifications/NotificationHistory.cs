using Npgsql;
using Portico.Application.Notifications;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Notifications;

/// <summary>Reads the notifications of a user from the table <c>messages</c>, never their values or addresses.</summary>
internal sealed class NotificationHistory(NpgsqlDataSource database) : INotificationHistory
{
    public async Task<IReadOnlyList<NotificationDto>> Last(Guid userId, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT id, template, channel, status, queued_at, done_at FROM messages
            WHERE user_id = $1 ORDER BY queued_at DESC, id DESC LIMIT $2
            """);
        command.Parameters.Add(new() { Value = userId });
        command.Parameters.Add(new() { Value = limit });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<NotificationDto>(limit);
        while (await rows.ReadAsync(cancellationToken))
        {
            found.Add(new NotificationDto(
                rows.GetGuid(0),
                rows.GetString(1),
                rows.GetString(2) == "email" ? ContactKind.Email : ContactKind.Phone,
                Status(rows.GetString(3)),
                rows.GetFieldValue<DateTimeOffset>(4),
                rows.IsDBNull(5) ? null : rows.GetFieldValue<DateTimeOffset>(5)));
        }

        return found;
    }

    private static NotificationStatus Status(string stored) => stored switch
    {
        "queued" => NotificationStatus.Queued,
        "sent" => NotificationStatus.Sent,
        _ => NotificationStatus.Failed,
    };
}
