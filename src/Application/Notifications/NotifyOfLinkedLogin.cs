using Portico.Application.Common.Events;
using Portico.Application.Common.Security;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Notifies a user about a login that was linked, in case somebody else has done it.</summary>
internal sealed class NotifyOfLinkedLogin(INotificationQueue notifications, ILoginProviders providers) : IEventHandler<UserLoginLinked>
{
    public static string Name => "notify-of-linked-login";

    public Task Handle(EventEnvelope<UserLoginLinked> envelope, CancellationToken cancellationToken) => notifications.Enqueue(
        envelope.Id,
        envelope.Event.UserId,
        Notification.LoginLinked(providers.DisplayNameOf(envelope.Event.Provider), envelope.At),
        cancellationToken);
}
