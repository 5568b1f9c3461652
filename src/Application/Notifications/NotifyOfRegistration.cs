using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Sends the welcome message to a new user.</summary>
internal sealed class NotifyOfRegistration(INotificationQueue notifications) : IEventHandler<UserRegistered>
{
    public static string Name => "notify-of-registration";

    public Task Handle(EventEnvelope<UserRegistered> envelope, CancellationToken cancellationToken) =>
        notifications.Enqueue(envelope.Id, envelope.Event.UserId, Notification.Welcome(envelope.Event.DisplayName), cancellationToken);
}
