using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Notifies a user about a block, without the reason, which only administrators see.</summary>
internal sealed class NotifyOfBlock(INotificationQueue notifications) : IEventHandler<UserBlocked>
{
    public static string Name => "notify-of-block";

    public Task Handle(EventEnvelope<UserBlocked> envelope, CancellationToken cancellationToken) =>
        notifications.Enqueue(envelope.Id, envelope.Event.UserId, Notification.AccountBlocked(envelope.At), cancellationToken);
}
