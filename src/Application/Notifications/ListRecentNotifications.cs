using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Lists the last notifications to the caller, newest first; without their texts, which are not kept.</summary>
[Authenticated]
public sealed record ListRecentNotifications : IQuery<RecentNotificationsDto>
{
    internal const int Most = 10;
}

internal sealed class ListRecentNotificationsHandler(INotificationHistory history, ICurrentUser caller)
    : IQueryHandler<ListRecentNotifications, RecentNotificationsDto>
{
    public async Task<Result<RecentNotificationsDto>> Handle(ListRecentNotifications query, CancellationToken cancellationToken) =>
        new RecentNotificationsDto(await history.Last(caller.Id, ListRecentNotifications.Most, cancellationToken));
}

/// <summary>Reads the notifications that a user got or will get.</summary>
public interface INotificationHistory
{
    /// <summary>The last notifications of a user, newest first.</summary>
    Task<IReadOnlyList<NotificationDto>> Last(Guid userId, int limit, CancellationToken cancellationToken);
}

/// <summary>What became of a notification.</summary>
public enum NotificationStatus
{
    Queued = 1,
    Sent = 2,

    /// <summary>It was given up.</summary>
    Failed = 3,
}

/// <summary>The last notifications to the caller, newest first.</summary>
public sealed record RecentNotificationsDto(IReadOnlyList<NotificationDto> Items);

/// <summary>A notification to the caller.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Template">What it is about: the name of its message template, such as <c>money-received</c>.</param>
/// <param name="Channel">Whether it goes to the e-mail address or to the phone.</param>
/// <param name="Status">What became of it.</param>
/// <param name="QueuedAt">When it was queued.</param>
/// <param name="DoneAt">When it was sent or given up; null while it waits.</param>
public sealed record NotificationDto(
    Guid Id, string Template, ContactKind Channel, NotificationStatus Status, DateTimeOffset QueuedAt, DateTimeOffset? DoneAt);
