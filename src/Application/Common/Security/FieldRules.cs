using System.Text;
using System.Text.RegularExpressions;
using FluentValidation;
using Portico.Application.Common.Json;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Common.Security;

/// <summary>The rules of fields that several requests share.</summary>
internal static partial class FieldRules
{
    public const int MinPasswordLength = 8;
    public const int MaxPasswordLength = 128;

    /// <summary>The longest spelling of a password: in form D a character of form C becomes at most four.</summary>
    public const int MaxTypedPasswordLength = 4 * MaxPasswordLength;

    /// <summary>The longest id of a challenge.</summary>
    public const int MaxIdLength = 200;

    private const int MaxSearchLength = 100;
    private const int MaxReasonLength = 500;
    private const string LineRule = "one of them visible, and no control characters.";
    private const string AddressAsPassword = "A password must not be the address that it belongs to. Choose another one.";

    // The letters and symbols that are drawn as nothing: fillers of Hangul, and the Braille pattern without dots.
    private static readonly Rune[] Blanks = [new(0x115F), new(0x1160), new(0x2800), new(0x3164), new(0xFFA0)];

    public static IRuleBuilderOptions<T, string> IsCode<T>(this IRuleBuilder<T, string> rule) =>
        rule.Must(code => code is not null && SixDigits().IsMatch(code)).WithMessage("A code has 6 digits.");

    /// <summary>The id of a request for a code, or nothing; an unknown id is like a wrong code.</summary>
    public static IRuleBuilderOptions<T, string?> IsRequestId<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(id => id is null || RequestId().IsMatch(id)).WithMessage("Give the requestId of the answer to the request for the code.");

    /// <summary>Any characters, no rules of composition, but not one of the most common passwords (NIST SP 800-63B, 5.1.1.2).</summary>
    /// <remarks>A password is checked in the form in which it is hashed: see <see cref="NormalizedText"/>.</remarks>
    public static IRuleBuilderOptions<T, string> IsNewPassword<T>(this IRuleBuilder<T, string> rule) =>
        rule.Must(password => password is { Length: <= MaxTypedPasswordLength }
                && NormalizedText.Of(password).Length is >= MinPasswordLength and <= MaxPasswordLength)
            .WithMessage($"A password has {MinPasswordLength} to {MaxPasswordLength} characters.")
            .Must(password => password is null || !CommonPasswords.All.Contains(NormalizedText.Of(password)))
            .WithMessage("This is one of the most common passwords, which attackers try first. Choose another one.");

    /// <summary>The rules of a new password for the user that the request names: the password is not the address either.</summary>
    public static IRuleBuilderOptions<T, string> IsNewPasswordOfContact<T>(this IRuleBuilder<T, string> rule)
        where T : IHasContact =>
        rule.IsNewPassword()
            .Must((request, password) => password is null
                || !(ContactAddress.TryParseEmail(request.Email, out var email) && email.IsTheSameAs(NormalizedText.Of(password))))
            .WithMessage(AddressAsPassword)
            .Must((request, password) => password is null
                || !(ContactAddress.TryParsePhone(request.Phone, out var phone) && phone.IsTheSameAs(NormalizedText.Of(password))))
            .WithMessage(AddressAsPassword);

    /// <summary>Checks a new password against the addresses of the user.</summary>
    /// <returns>The error when the password is an address of the user, or <c>null</c>.</returns>
    public static Error? RefuseAddressAsPassword(User user, string password, string field) =>
        user.Addresses.Any(address => address.IsTheSameAs(NormalizedText.Of(password)))
        ? CommonErrors.Validation(field, AddressAsPassword)
        : null;

    public static IRuleBuilderOptions<T, string?> IsDisplayName<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(name => name is null || IsLine(name, User.MaxDisplayNameLength))
            .WithMessage($"A display name has 1 to {User.MaxDisplayNameLength} characters, {LineRule}");

    /// <summary>Text of one line: something to see, no control characters.</summary>
    public static IRuleBuilderOptions<T, string> IsLine<T>(this IRuleBuilder<T, string> rule, int maxLength) =>
        rule.Must(text => text is not null && IsLine(text, maxLength)).WithMessage($"Give 1 to {maxLength} characters, {LineRule}");

    /// <summary>The end of a period, later than its begin; either may be missing.</summary>
    public static IRuleBuilderOptions<T, DateTimeOffset?> IsLaterThanFrom<T>(
        this IRuleBuilder<T, DateTimeOffset?> rule, Func<T, DateTimeOffset?> from) =>
        rule.Must((query, to) => to is null || from(query) is not { } begin || begin < to).WithMessage("This must be later than from.");

    /// <summary>Why something is done, for the audit log.</summary>
    public static IRuleBuilderOptions<T, string> IsReason<T>(this IRuleBuilder<T, string> rule) => rule.IsLine(MaxReasonLength);

    /// <summary>Why something is done, for the audit log, or nothing.</summary>
    public static IRuleBuilderOptions<T, string?> IsReasonOrNone<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(text => text is null || IsLine(text, MaxReasonLength)).WithMessage($"Give 1 to {MaxReasonLength} characters, {LineRule}");

    /// <summary>A name of a person, as another service gave it, in the form of a display name; or the fallback.</summary>
    public static string ToDisplayName(string? name, string fallback)
    {
        var text = name?.Trim() ?? "";
        if (text.Length > User.MaxDisplayNameLength)
        {
            var isInPair = char.IsHighSurrogate(text[User.MaxDisplayNameLength - 1]);
            text = text[..(isInPair ? User.MaxDisplayNameLength - 1 : User.MaxDisplayNameLength)];
        }

        return IsLine(text, User.MaxDisplayNameLength) ? text : fallback;
    }

    /// <summary>Whether a text has the form of 32 bytes in base64url.</summary>
    public static bool IsToken(string text) => Token().IsMatch(text);

    /// <summary>A search text; PostgreSQL text can't contain NUL.</summary>
    public static IRuleBuilderOptions<T, string?> IsSearch<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(text => text is null || (text.Length is > 0 and <= MaxSearchLength && TextConverter.IsStorable(text)))
            .WithMessage($"Search for 1 to {MaxSearchLength} characters.");

    public static IRuleBuilderOptions<T, string?> IsLocale<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(tag => tag is null || LanguageTag.IsValid(tag))
            .WithMessage("Give a BCP 47 language tag, such as en or pt-BR.");

    private static bool IsLine(string text, int maxLength) =>
        text.Length <= maxLength && !text.Any(char.IsControl) && text.EnumerateRunes().Any(IsVisible);

    private static bool IsVisible(Rune rune) =>
        (Rune.IsLetterOrDigit(rune) || Rune.IsNumber(rune) || Rune.IsPunctuation(rune) || Rune.IsSymbol(rune)) && !Blanks.Contains(rune);

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,100}\z", RegexOptions.None, 100)]
    private static partial Regex RequestId();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{43}\z", RegexOptions.None, 100)]
    private static partial Regex Token();

    [GeneratedRegex(@"^[0-9]{6}\z", RegexOptions.None, 100)]
    private static partial Regex SixDigits();
}
