using Portico.Application.Common;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>A message to one person in plain text, and for mail in HTML too.</summary>
public sealed record Message(ContactAddress To, string Subject, string Text)
{
    /// <summary>The same words as a page; <c>null</c> where plain text says it all.</summary>
    public string? Html { get; init; }
}

/// <summary>Sends messages in the background.</summary>
public interface IMessageSender
{
    /// <summary>Whether there is a way to reach addresses of this kind.</summary>
    bool Reaches(ContactKind kind);

    /// <summary>Queues a message in memory; a few failures to send it are tried again while it is still worth reading.</summary>
    /// <exception cref="DependencyUnavailableException">Too many messages wait already.</exception>
    void Send(Message message);

    /// <summary>Takes a message's place in the queue and sends nothing, so that nobody can tell whether there was a message.</summary>
    /// <exception cref="DependencyUnavailableException">Too many messages wait already.</exception>
    void SendNothing();
}
