using Portico.Domain.Forecasts;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>What a person is told: a template and the values that it names, before they are put into a language.</summary>
/// <remarks>
/// Its values are the person's own name, titles that managers write, and what we say ourselves: no stranger writes to people in Portico's
/// name.
/// </remarks>
public sealed record Notification
{
    private Notification(string template, params (string Name, string Value)[] values) =>
        (Template, Values) = (template, values.ToDictionary(value => value.Name, value => value.Value, StringComparer.Ordinal));

    /// <summary>The name of the template, such as <c>welcome</c>.</summary>
    public string Template { get; }

    public IReadOnlyDictionary<string, string> Values { get; }

    /// <summary>The code that proves an address, and nothing else that looks like one.</summary>
    public static Notification Code(string code, TimeSpan lifetime) => new("code", ("code", code), ("minutes", Minutes(lifetime)));

    /// <summary>The code that is asked for beside a password; only who knows the password has it sent.</summary>
    public static Notification SignInCode(string code, TimeSpan lifetime) =>
        new("sign-in-code", ("code", code), ("minutes", Minutes(lifetime)));

    public static Notification Welcome(string name) => new("welcome", ("name", name));

    public static Notification PasswordChanged(DateTimeOffset at) => new("password-changed", ("at", Time(at)));

    public static Notification NewDevice(string device, string address, DateTimeOffset at) =>
        new("new-device", ("device", device), ("address", address), ("at", Time(at)));

    public static Notification AccountBlocked(DateTimeOffset at) => new("account-blocked", ("at", Time(at)));

    public static Notification AccountDeleted(DateTimeOffset at) => new("account-deleted", ("at", Time(at)));

    /// <param name="amount">With its currency, such as <c>12.34 EUR</c>.</param>
    /// <param name="at">When it came.</param>
    public static Notification MoneyReceived(string amount, DateTimeOffset at) =>
        new("money-received", ("amount", amount), ("at", Time(at)));

    /// <summary>Tells the old address that another one has taken its place.</summary>
    public static Notification ContactChanged(ContactAddress newAddress, DateTimeOffset at) =>
        // Half hidden, since whoever reads this mailbox may not be the person any more.
        new("contact-changed", ("address", newAddress.ToString()), ("at", Time(at)));

    /// <summary>Tells a forecaster what an event came to, in the notation of sport: 1, X or 2.</summary>
    public static Notification ForecastSettled(string @event, Outcome forecast, Outcome result, int points) => forecast == result
        ? new("forecast-right", ("event", @event), ("result", Sign(result)), ("points", $"{points}"))
        : new("forecast-wrong", ("event", @event), ("result", Sign(result)), ("forecast", Sign(forecast)));

    /// <summary>A letter that was kept as its parts.</summary>
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
