using System.Collections.Frozen;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Words letters in Russian or English, as plain text and as HTML, from the templates in this folder.</summary>
/// <remarks>
/// A template's first line is the subject; paragraphs follow, parted by empty lines. <c>! </c> begins the one to see first,
/// whose values stand out; <c>- </c> begins the items of a list; <c>{{name}}</c> is a value. Text and HTML come from the same
/// words. Values are escaped in HTML, lose their control characters everywhere, and are cut at <see cref="MaxValueLength"/>.
/// </remarks>
public static partial class MessageTemplates
{
    public const int MaxValueLength = 200;

    private const string KeyMark = "! ";
    private const string ItemMark = "- ";

    // Letters of all scripts stay readable; what means something to HTML does not stay.
    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);
    private static readonly FrozenDictionary<string, string> Files = ReadFiles();

    /// <summary>The names of all templates.</summary>
    public static IEnumerable<string> Templates => Files.Keys
        .Where(file => file.EndsWith(".en.txt", StringComparison.Ordinal))
        .Select(file => file[..^".en.txt".Length]);

    /// <summary>
    /// Templates of what strangers can bring about often: of an address's daily letters they get half, so that they drown no warning.
    /// </summary>
    public static IReadOnlyList<string> News { get; } = ["money-received", "forecast-right", "forecast-wrong"];

    /// <summary>The languages that letters are written in; who reads none of them gets the last.</summary>
    public static IReadOnlyList<string> Languages { get; } = ["ru", "en"];

    /// <param name="letter">What to say.</param>
    /// <param name="to">Whom to; a phone gets plain text only.</param>
    /// <param name="locale">Their language, a BCP 47 tag.</param>
    /// <exception cref="KeyNotFoundException">There is no such template, or it names a value that the letter lacks.</exception>
    public static Message Render(Notification letter, ContactAddress to, string locale)
    {
        var language = Languages.FirstOrDefault(language => Speaks(locale, language)) ?? Languages[^1];
        var parts = Files[$"{letter.Template}.{language}.txt"]
            .Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var subject = Fill(parts[0], letter);
        var paragraphs = parts[1..];
        return new Message(to, subject, string.Join("\n\n", paragraphs.Select(paragraph => TextOf(paragraph, letter))) + "\n")
        {
            Html = to.Kind == ContactKind.Email ? HtmlOf(language, subject, paragraphs, letter) : null,
        };
    }

    private static bool Speaks(string locale, string language) =>
        locale.StartsWith(language, StringComparison.OrdinalIgnoreCase)
            && (locale.Length == language.Length || locale[language.Length] == '-');

    private static string TextOf(string paragraph, Notification letter) =>
        Fill(paragraph.StartsWith(KeyMark, StringComparison.Ordinal) ? paragraph[KeyMark.Length..] : paragraph, letter);

    private static string HtmlOf(string language, string subject, string[] paragraphs, Notification letter) => Files["layout.html"]
        .Replace("{{language}}", language, StringComparison.Ordinal)
        .Replace("{{subject}}", Html.Encode(subject), StringComparison.Ordinal)
        .Replace("{{content}}", string.Join('\n', paragraphs.Select(paragraph => HtmlOf(paragraph, letter))), StringComparison.Ordinal);

    private static string HtmlOf(string paragraph, Notification letter)
    {
        if (paragraph.StartsWith(KeyMark, StringComparison.Ordinal))
            return $"<p class=\"key\">{HtmlFill(paragraph[KeyMark.Length..], letter, value => $"<strong>{value}</strong>")}</p>";
        if (!paragraph.StartsWith(ItemMark, StringComparison.Ordinal))
            return $"<p>{HtmlFill(paragraph, letter, value => value)}</p>";

        var items = paragraph.Split('\n').Select(line => $"<li>{HtmlFill(line[ItemMark.Length..], letter, value => value)}</li>");
        return $"<ul>\n{string.Join('\n', items)}\n</ul>";
    }

    private static string HtmlFill(string template, Notification letter, Func<string, string> show)
    {
        var html = new StringBuilder();
        var at = 0;
        foreach (var match in Placeholder().EnumerateMatches(template))
        {
            html.Append(Html.Encode(template[at..match.Index]));
            html.Append(show(Html.Encode(Value(template.AsSpan(match.Index, match.Length), letter))));
            at = match.Index + match.Length;
        }

        return html.Append(Html.Encode(template[at..])).ToString();
    }

    private static string Fill(string template, Notification letter) =>
        Placeholder().Replace(template, match => Value(match.ValueSpan, letter));

    private static string Value(ReadOnlySpan<char> placeholder, Notification letter)
    {
        var value = letter.Values[placeholder[2..^2].ToString()];
        if (value.Length > MaxValueLength)
            value = value[..(char.IsHighSurrogate(value[MaxValueLength - 1]) ? MaxValueLength - 1 : MaxValueLength)];
        return Controls().Replace(value, " ");
    }

    private static FrozenDictionary<string, string> ReadFiles()
    {
        const string folder = "letters/";
        var assembly = typeof(MessageTemplates).Assembly;
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(folder, StringComparison.Ordinal)).ToFrozenDictionary(
            name => name[folder.Length..],
            name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return reader.ReadToEnd().ReplaceLineEndings("\n");
            },
            StringComparer.Ordinal);
    }

    [GeneratedRegex(@"\{\{[a-z]+\}\}", RegexOptions.None, 1000)]
    private static partial Regex Placeholder();

    // Line ends of every kind among them, and the marks that turn the direction of writing.
    [GeneratedRegex(@"[\p{Cc}\p{Zl}\p{Zp}\u200E\u200F\u202A-\u202E\u2066-\u2069]+", RegexOptions.None, 1000)]
    private static partial Regex Controls();
}
