using Portico.Application.Common.Events;
using Portico.Application.Common.Security;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Sends the welcome message to a new user.</summary>
internal sealed class NotifyOfRegistration(INotificationQueue notifications) : IEventHandler<UserRegistered>
{
    public static string Name => "notify-of-registration";

    public Task Handle(EventEnvelope<UserRegistered> envelope, CancellationToken cancellationToken) =>
        notifications.Enqueue(envelope.Id, envelope.Event.UserId, Notification.Welcome(envelope.Event.DisplayName), cancellationToken);
}

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

/// <summary>Notifies a user about a new password, in case somebody else has changed it.</summary>
internal sealed class NotifyOfNewPassword(INotificationQueue notifications) : IEventHandler<UserPasswordChanged>
{
    public static string Name => "notify-of-new-password";

    public Task Handle(EventEnvelope<UserPasswordChanged> envelope, CancellationToken cancellationToken) =>
        notifications.Enqueue(envelope.Id, envelope.Event.UserId, Notification.PasswordChanged(envelope.At), cancellationToken);
}

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

/// <summary>Notifies a user about a block, without the reason, which only administrators see.</summary>
internal sealed class NotifyOfBlock(INotificationQueue notifications) : IEventHandler<UserBlocked>
{
    public static string Name => "notify-of-block";

    public Task Handle(EventEnvelope<UserBlocked> envelope, CancellationToken cancellationToken) =>
        notifications.Enqueue(envelope.Id, envelope.Event.UserId, Notification.AccountBlocked(envelope.At), cancellationToken);
}

/// <summary>Notifies a user that the account was deleted and can still be restored.</summary>
internal sealed class NotifyOfDeletion(INotificationQueue notifications) : IEventHandler<UserDeleted>
{
    public static string Name => "notify-of-deletion";

    public Task Handle(EventEnvelope<UserDeleted> envelope, CancellationToken cancellationToken) =>
        notifications.Enqueue(envelope.Id, envelope.Event.UserId, Notification.AccountDeleted(envelope.At), cancellationToken);
}
