using Portico.Application.Notifications;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Notifications;

/// <summary>A channel that sends messages: SMTP, SMS gateway or mailbox folder.</summary>
internal interface IMessageChannel
{
    /// <summary>Whether the channel can send to addresses of this kind.</summary>
    bool Reaches(ContactKind kind);

    /// <summary>Sends a message.</summary>
    /// <param name="message">The text and its recipient.</param>
    /// <param name="id">The id of the message, the same for every attempt, so that a recipient can recognise a duplicate.</param>
    /// <param name="cancellationToken">Cancels the attempt; then it is unknown whether the message was sent.</param>
    /// <exception cref="MessageRejectedException">The message will never be accepted; any other failure may be temporary.</exception>
    Task Send(Message message, Guid id, CancellationToken cancellationToken);
}

/// <summary>The mail server or the gateway permanently rejected a message.</summary>
/// <remarks>The reason contains no address, because it is logged.</remarks>
internal sealed class MessageRejectedException(string reason) : Exception(reason);
