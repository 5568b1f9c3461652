using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>The errors of codes by Telegram.</summary>
public static class TelegramErrors
{
    public static readonly Error NotSupported = new(
        ErrorKind.Unprocessable, "telegram_not_supported", "Codes by Telegram are not available here.");

    public static readonly Error ChatNotFound = new(ErrorKind.NotFound, "not_found", "You have linked no Telegram chat.");

    public static readonly Error InvalidLink = new(
        ErrorKind.Validation, "invalid_telegram_link", "The link is used, expired or not valid. Ask for a new one.");

    public static readonly Error ChatTaken = new(
        ErrorKind.Conflict, "telegram_chat_taken", "This chat is linked to another user. Unlink it there first.");
}
