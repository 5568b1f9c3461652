using Portico.Application.Common.Events;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Notifies a user about a Telegram chat that was linked, in case somebody else has done it.</summary>
internal sealed class NotifyOfLinkedTelegram(INotificationQueue notifications) : IEventHandler<UserTelegramLinked>
{
    public static string Name => "notify-of-linked-telegram";

    public Task Handle(EventEnvelope<UserTelegramLinked> envelope, CancellationToken cancellationToken) => notifications.Enqueue(
        envelope.Id, envelope.Event.UserId, Notification.TelegramLinked(envelope.At), cancellationToken);
}

/// <summary>Notifies a user about a Telegram chat that was unlinked, in case somebody else has done it.</summary>
internal sealed class NotifyOfUnlinkedTelegram(INotificationQueue notifications) : IEventHandler<UserTelegramUnlinked>
{
    public static string Name => "notify-of-unlinked-telegram";

    public Task Handle(EventEnvelope<UserTelegramUnlinked> envelope, CancellationToken cancellationToken) => notifications.Enqueue(
        envelope.Id, envelope.Event.UserId, Notification.TelegramUnlinked(envelope.At), cancellationToken);
}
