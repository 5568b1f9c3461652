using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Notifies a user that the account was deleted and can still be restored.</summary>
internal sealed class NotifyOfDeletion(INotificationQueue notifications) : IEventHandler<UserDeleted>
{
    public static string Name => "notify-of-deletion";

    public Task Handle(EventEnvelope<UserDeleted> envelope, CancellationToken cancellationToken) =>
        notifications.Enqueue(envelope.Id, envelope.Event.UserId, Notification.AccountDeleted(envelope.At), cancellationToken);
}
