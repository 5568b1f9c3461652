using Portico.Infrastructure.Hosting;

namespace Portico.Infrastructure.Notifications;

/// <summary>Wakes the delivery of this process when a notification was committed to the queue.</summary>
internal sealed class NotificationSignal : WakeSignal;
