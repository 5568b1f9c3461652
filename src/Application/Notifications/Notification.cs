using Portico.Domain.Forecasts;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>A message template and its values, for one user, without a language.</summary>
/// <remarks>
/// Values are the user's own name, titles that managers write, and texts of Portico. So no stranger can write to users in the name of
/// Portico.
/// </remarks>
public sealed record Notification
{
    private Notification(string template, params (string Name, string Value)[] values) =>
        (Template, Values) = (template, values.ToDictionary(value => value.Name, value => value.Value, StringComparer.Ordinal));

    /// <summary>The name of the template, for example <c>welcome</c>.</summary>
    public string Template { get; }

    public IReadOnlyDictionary<string, string> Values { get; }

    /// <summary>The code for an address; the message contains no other number that looks like a code.</summary>
    public static Notification Code(string code, TimeSpan lifetime) => new("code", ("code", code), ("minutes", Minutes(lifetime)));

    /// <summary>The code that sets a new password.</summary>
    public static Notification ResetCode(string code, TimeSpan lifetime) =>
        new("reset-code", ("code", code), ("minutes", Minutes(lifetime)));

    /// <summary>The code of a sign-in challenge; it is sent only after the right password.</summary>
    public static Notification SignInCode(string code, TimeSpan lifetime) =>
        new("sign-in-code", ("code", code), ("minutes", Minutes(lifetime)));

    /// <summary>The code of a sign-in with a provider, which links its account to the user who has the address.</summary>
    public static Notification LinkCode(string code, string provider, TimeSpan lifetime) =>
        new("link-code", ("code", code), ("provider", provider), ("minutes", Minutes(lifetime)));

    public static Notification LoginLinked(string provider, DateTimeOffset at) =>
        new("login-linked", ("provider", provider), ("at", Time(at)));

    public static Notification LoginUnlinked(string provider, DateTimeOffset at) =>
        new("login-unlinked", ("provider", provider), ("at", Time(at)));

    public static Notification TelegramLinked(DateTimeOffset at) => new("telegram-linked", ("at", Time(at)));

    public static Notification TelegramUnlinked(DateTimeOffset at) => new("telegram-unlinked", ("at", Time(at)));

    /// <summary>The bot's answer in a chat that it has linked.</summary>
    /// <param name="account">The masked address of the user; never a name, which a stranger could choose.</param>
    public static Notification BotLinked(string account) => new("bot-linked", ("account", account));

    public static Notification BotLinkInvalid() => new("bot-link-invalid");

    public static Notification BotChatTaken() => new("bot-chat-taken");

    public static Notification SecondFactorChanged(SecondFactorChange change, DateTimeOffset at) => new(
        change switch
        {
            SecondFactorChange.TotpAdded => "totp-added",
            SecondFactorChange.TotpRemoved => "totp-removed",
            SecondFactorChange.PasskeyAdded => "passkey-added",
            SecondFactorChange.PasskeyRemoved => "passkey-removed",
            SecondFactorChange.RecoveryCodesReplaced => "recovery-codes-replaced",
            SecondFactorChange.RecoveryCodeUsed => "recovery-code-used",
            _ => "second-factors-reset",
        },
        ("at", Time(at)));

    public static Notification Welcome(string name) => new("welcome", ("name", name));

    public static Notification PasswordChanged(DateTimeOffset at) => new("password-changed", ("at", Time(at)));

    public static Notification NewDevice(string device, string address, DateTimeOffset at) =>
        new("new-device", ("device", device), ("address", address), ("at", Time(at)));

    public static Notification AccountBlocked(DateTimeOffset at) => new("account-blocked", ("at", Time(at)));

    public static Notification AccountDeleted(DateTimeOffset at) => new("account-deleted", ("at", Time(at)));

    /// <summary>Money came into a wallet of the user.</summary>
    /// <param name="amount">The amount with its currency, for example <c>12.34 EUR</c>.</param>
    /// <param name="at">When the money came.</param>
    public static Notification MoneyReceived(string amount, DateTimeOffset at) =>
        new("money-received", ("amount", amount), ("at", Time(at)));

    /// <summary>For the old address: a new address has replaced it.</summary>
    public static Notification ContactChanged(ContactAddress newAddress, DateTimeOffset at) =>
        // ToString masks the address, because the user may no longer be the reader of the old mailbox.
        new("contact-changed", ("address", newAddress.ToString()), ("at", Time(at)));

    /// <summary>The result of a sports event for a forecaster, in the notation of sport: 1, X or 2.</summary>
    public static Notification ForecastSettled(string @event, Outcome forecast, Outcome result, int points) => forecast == result
        ? new("forecast-right", ("event", @event), ("result", Sign(result)), ("points", $"{points}"))
        : new("forecast-wrong", ("event", @event), ("result", Sign(result)), ("forecast", Sign(forecast)));

    /// <summary>Makes a notification of its stored parts.</summary>
    public static Notification Of(string template, IReadOnlyDictionary<string, string> values) =>
        new(template, [.. values.Select(value => (value.Key, value.Value))]);

    private static string Minutes(TimeSpan lifetime) => $"{(int)Math.Ceiling(lifetime.TotalMinutes)}";

    private static string Sign(Outcome outcome) => outcome switch
    {
        Outcome.Win1 => "1",
        Outcome.Win2 => "2",
        _ => "X",
    };

    private static string Time(DateTimeOffset at) => $"{at.UtcDateTime:yyyy-MM-dd HH:mm} UTC";
}
