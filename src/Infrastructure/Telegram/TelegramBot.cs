using Portico.Application.Telegram;

namespace Portico.Infrastructure.Telegram;

/// <summary>The bot that the settings name.</summary>
internal sealed class TelegramBot(TelegramSettings settings) : ITelegramBot
{
    public Uri? LinkWith(string token) => settings.IsOn ? new Uri($"https://t.me/{settings.BotName}?start={token}") : null;
}
