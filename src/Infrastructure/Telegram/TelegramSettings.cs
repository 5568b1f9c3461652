using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Portico.Application.Telegram;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Telegram;

/// <summary>Settings of the bot that sends codes by Telegram; without a token there is none.</summary>
public sealed partial class TelegramSettings : ISettings, ITelegramBot
{
    public static string Section => "Telegram";

    /// <summary>The token of the bot, as BotFather gives it; a secret.</summary>
    public string Token { get; init; } = "";

    /// <summary>The user name of the bot, without <c>@</c>.</summary>
    public string BotName { get; init; } = "";

    /// <summary>The server of the Bot API.</summary>
    public string ApiUrl { get; init; } = "https://api.telegram.org";

    /// <summary>How long one try to send a message may take before the code goes to the address.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:20")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long codes go to addresses at once after Telegram did not answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    internal bool IsOn => Token.Length > 0;

    public Uri? LinkWith(string token) => IsOn ? new Uri($"https://t.me/{BotName}?start={token}") : null;

    public IEnumerable<string> Problems()
    {
        if (!IsOn && BotName.Length > 0)
            yield return "Telegram:Token is missing, but Telegram:BotName is set.";
        if (!IsOn)
            yield break;
        if (!TokenForm().IsMatch(Token))
            yield return "Telegram:Token must be a token of BotFather, such as 123456789:ABC….";
        if (!NameForm().IsMatch(BotName))
            yield return $"Telegram:BotName must be the user name of the bot without @, such as portico_bot; it is '{BotName}'.";
        if (AsciiUrls.ProblemOfServer("Telegram:ApiUrl", ApiUrl) is { } problem)
            yield return problem;
    }

    [GeneratedRegex(@"^[0-9]{1,20}:[A-Za-z0-9_-]{20,100}\z", RegexOptions.None, 100)]
    private static partial Regex TokenForm();

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_]{4,31}\z", RegexOptions.None, 100)]
    private static partial Regex NameForm();
}
