using System.Text.RegularExpressions;

namespace Portico.Domain.Users;

/// <summary>The language that a person is written to in, a BCP 47 tag such as <c>en</c> or <c>pt-BR</c>.</summary>
/// <remarks>The form only: a language and at most three subtags, <see cref="MaxLength"/> characters in all.</remarks>
public static partial class LanguageTag
{
    public const int MaxLength = 35;
    public const string Default = "en";

    public static bool IsValid(string tag) => tag.Length <= MaxLength && Form().IsMatch(tag);

    [GeneratedRegex(@"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}\z", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Form();
}
