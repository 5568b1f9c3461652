using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Tells a person that their account is gone, while it can still be brought back.</summary>
internal sealed class NotifyOfDeletion(INotificationQueue notifications) : IEventHandler<UserDeleted>
{
    public static string Name => "notify-of-deletion";

    public Task Handle(EventEnvelope<UserDeleted> envelope, CancellationToken cancellationToken) =>
        notifications.Enqueue(envelope.Id, envelope.Event.UserId, Notification.AccountDeleted(envelope.At), cancellationToken);
}
