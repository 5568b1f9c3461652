using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Tells a person that they are kept out, and not why: that stays between administrators.</summary>
internal sealed class NotifyOfBlock(INotificationQueue notifications) : IEventHandler<UserBlocked>
{
    public static string Name => "notify-of-block";

    public Task Handle(EventEnvelope<UserBlocked> envelope, CancellationToken cancellationToken) =>
        notifications.Enqueue(envelope.Id, envelope.Event.UserId, Notification.AccountBlocked(envelope.At), cancellationToken);
}
