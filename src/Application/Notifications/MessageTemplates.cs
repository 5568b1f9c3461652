using System.Collections.Frozen;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Portico.Domain.Users;

namespace Portico.Application.Notifications;

/// <summary>Renders notifications in Russian or English, as plain text and as HTML, from the templates of this project.</summary>
/// <remarks>
/// The first line of a template is the subject. Paragraphs follow, separated by empty lines. <c>! </c> begins the main paragraph,
/// with bold values; <c>- </c> begins the items of a list; <c>{{name}}</c> is a placeholder. Text and HTML come from the same template.
/// Values are escaped in HTML, lose their control characters, and are cut at <see cref="MaxValueLength"/> characters.
/// </remarks>
public static partial class MessageTemplates
{
    public const int MaxValueLength = 200;

    private const string KeyMark = "! ";
    private const string ItemMark = "- ";

    // Characters of all scripts stay readable; characters with a meaning in HTML are escaped.
    private static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);
    private static readonly FrozenDictionary<string, string> Files = ReadFiles();

    /// <summary>The names of all templates.</summary>
    public static IEnumerable<string> Templates => Files.Keys
        .Where(file => file.EndsWith(".en.txt", StringComparison.Ordinal))
        .Select(file => file[..^".en.txt".Length]);

    /// <summary>
    /// Templates that other people can trigger often. They get half of the daily notifications of an address, so warnings still arrive.
    /// </summary>
    public static IReadOnlyList<string> News { get; } = ["money-received", "forecast-right", "forecast-wrong"];

    /// <summary>The languages of the templates; the last one is the default.</summary>
    public static IReadOnlyList<string> Languages { get; } = ["ru", "en"];

    /// <summary>Renders a notification.</summary>
    /// <param name="notification">The notification.</param>
    /// <param name="to">The address; a phone gets plain text only.</param>
    /// <param name="locale">The language of the user, a BCP 47 tag.</param>
    /// <exception cref="KeyNotFoundException">There is no such template, or a value of a placeholder is missing.</exception>
    public static Message Render(Notification notification, ContactAddress to, string locale)
    {
        var (language, parts) = Find(notification, locale);
        var subject = Fill(parts[0], notification);
        var paragraphs = parts[1..];
        return new Message(to, subject, TextOf(paragraphs, notification))
        {
            Html = to.Kind == ContactKind.Email ? HtmlOf(language, subject, paragraphs, notification) : null,
        };
    }

    /// <summary>Renders the text of a notification, for a chat.</summary>
    public static string RenderText(Notification notification, string locale) =>
        TextOf(Find(notification, locale).Parts[1..], notification);

    private static (string Language, string[] Parts) Find(Notification notification, string locale)
    {
        var language = Languages.FirstOrDefault(language => Speaks(locale, language)) ?? Languages[^1];
        return (language, Files[$"{notification.Template}.{language}.txt"]
            .Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private static bool Speaks(string locale, string language) =>
        locale.StartsWith(language, StringComparison.OrdinalIgnoreCase)
            && (locale.Length == language.Length || locale[language.Length] == '-');

    private static string TextOf(string[] paragraphs, Notification notification) =>
        string.Join("\n\n", paragraphs.Select(paragraph => TextOf(paragraph, notification))) + "\n";

    private static string TextOf(string paragraph, Notification notification) =>
        Fill(paragraph.StartsWith(KeyMark, StringComparison.Ordinal) ? paragraph[KeyMark.Length..] : paragraph, notification);

    private static string HtmlOf(string language, string subject, string[] paragraphs, Notification notification)
    {
        var content = string.Join('\n', paragraphs.Select(paragraph => HtmlOf(paragraph, notification)));
        return Files["layout.html"]
            .Replace("{{language}}", language, StringComparison.Ordinal)
            .Replace("{{subject}}", Html.Encode(subject), StringComparison.Ordinal)
            .Replace("{{content}}", content, StringComparison.Ordinal);
    }

    private static string HtmlOf(string paragraph, Notification notification)
    {
        if (paragraph.StartsWith(KeyMark, StringComparison.Ordinal))
            return $"<p class=\"key\">{HtmlFill(paragraph[KeyMark.Length..], notification, value => $"<strong>{value}</strong>")}</p>";
        if (!paragraph.StartsWith(ItemMark, StringComparison.Ordinal))
            return $"<p>{HtmlFill(paragraph, notification, value => value)}</p>";

        var items = paragraph.Split('\n').Select(line => $"<li>{HtmlFill(line[ItemMark.Length..], notification, value => value)}</li>");
        return $"<ul>\n{string.Join('\n', items)}\n</ul>";
    }

    private static string HtmlFill(string template, Notification notification, Func<string, string> show)
    {
        var html = new StringBuilder();
        var at = 0;
        foreach (var match in Placeholder().EnumerateMatches(template))
        {
            html.Append(Html.Encode(template[at..match.Index]));
            html.Append(show(Html.Encode(Value(template.AsSpan(match.Index, match.Length), notification))));
            at = match.Index + match.Length;
        }

        return html.Append(Html.Encode(template[at..])).ToString();
    }

    private static string Fill(string template, Notification notification) =>
        Placeholder().Replace(template, match => Value(match.ValueSpan, notification));

    private static string Value(ReadOnlySpan<char> placeholder, Notification notification)
    {
        var value = notification.Values[placeholder[2..^2].ToString()];
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

    // Includes all kinds of line ends, and the characters that change the direction of text.
    [GeneratedRegex(@"[\p{Cc}\p{Zl}\p{Zp}\u200E\u200F\u202A-\u202E\u2066-\u2069]+", RegexOptions.None, 1000)]
    private static partial Regex Controls();
}
