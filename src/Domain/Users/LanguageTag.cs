using System.Text.RegularExpressions;

namespace Portico.Domain.Users;

/// <summary>The language of messages to a user, a BCP 47 tag such as <c>en</c> or <c>pt-BR</c>.</summary>
/// <remarks>Only the form is checked: a language and at most three subtags, at most <see cref="MaxLength"/> characters in total.</remarks>
public static partial class LanguageTag
{
    public const int MaxLength = 35;
    public const string Default = "en";

    public static bool IsValid(string tag) => tag.Length <= MaxLength && Form().IsMatch(tag);

    [GeneratedRegex(@"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}\z", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Form();
}
