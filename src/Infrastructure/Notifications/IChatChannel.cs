using Portico.Application.Notifications;

namespace Portico.Infrastructure.Notifications;

/// <summary>A channel that reaches some users in a chat, beside their addresses.</summary>
internal interface IChatChannel
{
    /// <summary>Tries once to send a message to the chat of a user; a failure is logged and never thrown.</summary>
    /// <returns>Whether the chat has the message; <c>false</c> when the user has no chat, or when it is unknown.</returns>
    Task<bool> TrySend(Guid userId, Message message, CancellationToken cancellationToken);
}
