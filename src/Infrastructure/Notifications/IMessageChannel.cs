using Portico.Application.Notifications;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Notifications;

/// <summary>One way in which messages leave.</summary>
internal interface IMessageChannel
{
    bool Reaches(ContactKind kind);

    /// <param name="message">What to say, and to whom.</param>
    /// <param name="id">The same for every attempt to send this message, so that whoever gets it twice can tell.</param>
    /// <param name="cancellationToken">Ends the attempt; whether the message left is not known then.</param>
    /// <exception cref="MessageRejectedException">It will never be taken; any other failure may pass.</exception>
    Task Send(Message message, Guid id, CancellationToken cancellationToken);
}

/// <summary>Whoever should deliver a message refused it for good.</summary>
/// <remarks>The reason names no address: it stands in logs.</remarks>
internal sealed class MessageRejectedException(string reason) : Exception(reason);
