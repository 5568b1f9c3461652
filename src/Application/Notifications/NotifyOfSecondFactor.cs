using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Notifies a user about a change of the second factors or passkeys, in case somebody else has done it.</summary>
internal sealed class NotifyOfSecondFactor(INotificationQueue notifications) : IEventHandler<UserSecondFactorChanged>
{
    public static string Name => "notify-of-second-factor";

    public Task Handle(EventEnvelope<UserSecondFactorChanged> envelope, CancellationToken cancellationToken) => notifications.Enqueue(
        envelope.Id,
        envelope.Event.UserId,
        Notification.SecondFactorChanged(envelope.Event.Change, envelope.At),
        cancellationToken);
}
