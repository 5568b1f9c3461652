using Portico.Application.Common.Messages;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Words the message that carries a code, in Russian or English.</summary>
/// <remarks>The code is the only 6-digit number in the text, so that phones and tests find it.</remarks>
internal static class CodeMessage
{
    public static Message For(ContactAddress to, string code, TimeSpan lifetime, string locale) => Write(
        to, code, lifetime, locale,
        russian: "Если вы не запрашивали код, ничего делать не нужно.",
        english: "If you did not ask for it, there is nothing to do.");

    /// <summary>A code to sign in goes only to whom somebody knows the password of.</summary>
    public static Message ForSignIn(ContactAddress to, string code, TimeSpan lifetime, string locale) => Write(
        to, code, lifetime, locale,
        russian: "Если это не вы входите, кто-то знает ваш пароль: смените его.",
        english: "If it is not you who is signing in, somebody knows your password: change it.");

    private static Message Write(ContactAddress to, string code, TimeSpan lifetime, string locale, string russian, string english)
    {
        var minutes = (int)Math.Ceiling(lifetime.TotalMinutes);
        return locale.StartsWith("ru", StringComparison.OrdinalIgnoreCase)
            ? new Message(to, "Ваш код Portico", $"Ваш код: {code}\n\nОн действует {minutes} мин. Никому его не сообщайте. {russian}\n")
            : new Message(to, "Your Portico code", $"Your code is {code}\n\nIt is valid for {minutes} minutes. Tell it to nobody. {english}\n");
    }
}
