using Portico.Application.Common;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>A message to one address in plain text, and for mail also in HTML.</summary>
public sealed record Message(ContactAddress To, string Subject, string Text)
{
    /// <summary>The same text as HTML; <c>null</c> when there is only plain text.</summary>
    public string? Html { get; init; }
}

/// <summary>Sends messages in the background.</summary>
public interface IMessageSender
{
    /// <summary>Whether a channel for addresses of this kind is configured.</summary>
    bool Reaches(ContactKind kind);

    /// <summary>Queues a message in memory; failed sends are tried again a few times while the message is still useful.</summary>
    /// <param name="message">The text and its address.</param>
    /// <param name="telegramUserId">The user whose Telegram chat is tried first, if there is one; <c>null</c> for the address only.</param>
    /// <exception cref="DependencyUnavailableException">Too many messages wait already.</exception>
    void Send(Message message, Guid? telegramUserId = null);

    /// <summary>Takes one place in the queue and sends nothing, so that nobody can find out whether there was a message.</summary>
    /// <exception cref="DependencyUnavailableException">Too many messages wait already.</exception>
    void SendNothing();
}
