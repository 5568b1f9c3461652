namespace Portico.Application.Telegram;

/// <summary>The bot of this installation at Telegram.</summary>
public interface ITelegramBot
{
    /// <summary>The link that opens the chat with the bot and sends it the token; <c>null</c> when there is no bot.</summary>
    Uri? LinkWith(string token);
}
