using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>The private chat with the bot in which a user gets codes by Telegram.</summary>
/// <remarks>A user has one chat at most, and a chat has one user.</remarks>
public sealed class TelegramChat : Entity
{
    private TelegramChat(Guid id, Guid userId, long chatId, DateTimeOffset linkedAt)
        : base(id) => (UserId, ChatId, LinkedAt) = (userId, chatId, linkedAt);

    public Guid UserId { get; private init; }

    /// <summary>Telegram's id of the chat.</summary>
    public long ChatId { get; private init; }

    public DateTimeOffset LinkedAt { get; private init; }

    public static TelegramChat Link(Guid userId, long chatId, DateTimeOffset now) => new(Ids.New(now), userId, chatId, now);
}
