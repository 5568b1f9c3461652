using Portico.Application.Common.Events;
using Portico.Application.Common.Security;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Notifies a user about a login that was unlinked, in case somebody else has done it.</summary>
internal sealed class NotifyOfUnlinkedLogin(INotificationQueue notifications, ILoginProviders providers) : IEventHandler<UserLoginUnlinked>
{
    public static string Name => "notify-of-unlinked-login";

    public Task Handle(EventEnvelope<UserLoginUnlinked> envelope, CancellationToken cancellationToken) => notifications.Enqueue(
        envelope.Id,
        envelope.Event.UserId,
        Notification.LoginUnlinked(providers.DisplayNameOf(envelope.Event.Provider), envelope.At),
        cancellationToken);
}
