using Portico.Application.Common.Messaging;
using Portico.Application.Notifications;
using Portico.Domain.Common;

namespace Portico.Application.Dashboard;

/// <summary>The last notifications that were sent to the caller.</summary>
[DashboardPart("notifications", Share = 0.6, IsCacheable = true)]
internal sealed class NotificationsPart(ISender sender) : IDashboardPart<RecentNotificationsDto>
{
    public Task<Result<RecentNotificationsDto>> Read(CancellationToken cancellationToken) =>
        sender.Send(new ListRecentNotifications(), cancellationToken);
}
