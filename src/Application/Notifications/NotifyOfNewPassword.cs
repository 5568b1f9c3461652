using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Notifies a user about a new password, in case somebody else has changed it.</summary>
internal sealed class NotifyOfNewPassword(INotificationQueue notifications) : IEventHandler<UserPasswordChanged>
{
    public static string Name => "notify-of-new-password";

    public Task Handle(EventEnvelope<UserPasswordChanged> envelope, CancellationToken cancellationToken) =>
        notifications.Enqueue(envelope.Id, envelope.Event.UserId, Notification.PasswordChanged(envelope.At), cancellationToken);
}
