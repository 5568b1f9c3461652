using Portico.Application.Notifications;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Where a code goes: an address, and before it the Telegram chat of a user, if there is one.</summary>
/// <param name="Address">The address that gets the message.</param>
/// <param name="Locale">The language of the message.</param>
/// <param name="TelegramUserId">The user whose chat is tried first; <c>null</c> for the address only.</param>
internal sealed record CodeRecipient(ContactAddress Address, string Locale, Guid? TelegramUserId = null)
{
    /// <summary>
    /// The way that the request names, or else the one that the user prefers; a way that the user does not have is the address.
    /// </summary>
    /// <remarks>Only for a code that proves the user: a code that proves an address goes to this address.</remarks>
    public static CodeRecipient Of(User user, ContactAddress address, CodeChannel? channel, IMessageSender messages) =>
        (channel ?? user.CodeChannel) switch
        {
            CodeChannel.Email => new(AddressOf(user, ContactKind.Email, messages) ?? address, user.Locale),
            CodeChannel.Sms => new(AddressOf(user, ContactKind.Phone, messages) ?? address, user.Locale),
            CodeChannel.Telegram => new(address, user.Locale, user.Id),
            _ => new(address, user.Locale),
        };

    private static ContactAddress? AddressOf(User user, ContactKind kind, IMessageSender messages) =>
        messages.Reaches(kind) ? user.Addresses.FirstOrDefault(address => address.Kind == kind) : null;
}
