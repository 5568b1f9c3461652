using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Notifies a user about a sign-in from a device that is not known yet.</summary>
internal sealed class NotifyOfNewDevice(INotificationQueue notifications) : IEventHandler<UserNewDeviceUsed>
{
    public static string Name => "notify-of-new-device";

    public Task Handle(EventEnvelope<UserNewDeviceUsed> envelope, CancellationToken cancellationToken)
    {
        var (userId, device, ipAddress) = envelope.Event;
        return notifications.Enqueue(envelope.Id, userId, Notification.NewDevice(device, ipAddress ?? "–", envelope.At), cancellationToken);
    }
}
