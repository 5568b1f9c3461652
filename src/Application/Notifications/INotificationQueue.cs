using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>
/// Stores notifications in the open transaction, and sends them in the background until they are accepted or refused.
/// </summary>
/// <remarks>
/// Each notification is sent at least once. It is sent twice only after a crash between the acceptance by the server and the commit of
/// that fact. A user without a reachable address gets nothing. An address gets at most <c>Mail:MaxPerDay</c> notifications in 24 hours;
/// the others wait.
/// </remarks>
public interface INotificationQueue
{
    /// <summary>Adds a notification to the queue.</summary>
    /// <param name="eventId">The id of the event; a second notification with the same template for the same event is dropped.</param>
    /// <param name="userId">The user who gets it.</param>
    /// <param name="notification">The notification.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <param name="to">The address, if it is not the user's own address.</param>
    Task Enqueue(Guid eventId, Guid userId, Notification notification, CancellationToken cancellationToken, ContactAddress? to = null);
}
