using System.Text.RegularExpressions;
using FluentValidation;
using Portico.Domain.Users;

namespace Portico.Application.Common.Security;

/// <summary>The rules of fields that several requests share.</summary>
internal static partial class FieldRules
{
    public const int MinPasswordLength = 8;
    public const int MaxPasswordLength = 128;

    public static IRuleBuilderOptions<T, string> IsCode<T>(this IRuleBuilder<T, string> rule) =>
        rule.Must(code => code is not null && SixDigits().IsMatch(code)).WithMessage("A code has 6 digits.");

    /// <summary>Any characters at all: no rules of composition (NIST SP 800-63B, 5.1.1.2).</summary>
    public static IRuleBuilderOptions<T, string> IsNewPassword<T>(this IRuleBuilder<T, string> rule) =>
        rule.Must(password => password is { Length: >= MinPasswordLength and <= MaxPasswordLength })
            .WithMessage($"A password has {MinPasswordLength} to {MaxPasswordLength} characters.");

    public static IRuleBuilderOptions<T, string?> IsDisplayName<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(name => name is null || (!string.IsNullOrWhiteSpace(name) && name.Length <= User.MaxDisplayNameLength && !name.Any(char.IsControl)))
            .WithMessage($"A display name has 1 to {User.MaxDisplayNameLength} characters, and no control characters.");

    public static IRuleBuilderOptions<T, string?> IsLocale<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(tag => tag is null || LanguageTag.IsValid(tag))
            .WithMessage("Give a BCP 47 language tag, such as en or pt-BR.");

    [GeneratedRegex(@"^[0-9]{6}\z", RegexOptions.None, 100)]
    private static partial Regex SixDigits();
}
