using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>
/// Takes letters to people, in the transaction that is open, and sends them in the background until they are taken or refused.
/// </summary>
/// <remarks>
/// Each letter is sent at least once, and once only unless a crash falls between the server's word that it has it and our note of that.
/// Who has no address that can be reached is told nothing. An address gets at most <c>Mail:MaxPerDay</c> letters in 24 hours; the others
/// wait.
/// </remarks>
public interface INotificationQueue
{
    /// <param name="eventId">What the letter tells of: a second letter of the same kind about it is dropped.</param>
    /// <param name="userId">Whom it is for.</param>
    /// <param name="letter">What it says.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="to">Where to, instead of the person's own address.</param>
    Task Enqueue(Guid eventId, Guid userId, Notification letter, CancellationToken cancellationToken, ContactAddress? to = null);
}
