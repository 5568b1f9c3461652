using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Portico.Infrastructure.Notifications;

/// <summary>What the body of a request to the gateway for text messages is.</summary>
public enum SmsFormat
{
    /// <summary>JSON; values are escaped as in a JSON string.</summary>
    Json = 1,

    /// <summary>The fields of a form (<c>application/x-www-form-urlencoded</c>); values are percent-encoded.</summary>
    Form = 2,
}

/// <summary>Settings of the HTTP gateway that sends text messages. Without a URL Portico sends none.</summary>
/// <remarks>
/// The URL and the body are templates: <c>{to}</c> is the number in the form of E.164, <c>{text}</c> the message, <c>{id}</c> the id of
/// the message, the same for each try. The default is Portico's own form: <c>POST {"to","text"}</c> with a bearer token.
/// </remarks>
public sealed partial class SmsSettings
{
    private const string To = "{to}";
    private const string Text = "{text}";
    private const string SampleId = "00000000-0000-0000-0000-000000000000";
    private const int MaxTemplateLength = 4000;
    private const int MaxHeaders = 20;

    /// <summary>Where the requests go; values in it are percent-encoded.</summary>
    public string? Url { get; init; }

    /// <summary>The bearer token; empty sends no <c>Authorization</c>.</summary>
    public string? Token { get; init; }

    /// <summary>More header fields, such as <c>Authorization</c> with <c>Basic</c>.</summary>
    public IDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    public SmsFormat Format { get; init; } = SmsFormat.Json;

    /// <summary>The template of the body; empty is <c>{"to":"{to}","text":"{text}"}</c>, or the same fields as a form.</summary>
    public string Body { get; init; } = "";

    /// <summary>A text that only answers about failures contain, for a gateway that answers 200 then too.</summary>
    public string FailureText { get; init; } = "";

    /// <summary>How long one try may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:30")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether the gateway sends a message once when it gets it twice with the same <c>Idempotency-Key</c> or <c>{id}</c>. Otherwise a try
    /// with an unknown outcome is not repeated.
    /// </summary>
    public bool IsIdempotent { get; init; }

    private string Template => Body.Length > 0 ? Body
        : Format == SmsFormat.Form ? "to={to}&text={text}"
        : """{"to":"{to}","text":"{text}"}""";

    /// <summary>The URL of the request for a message.</summary>
    internal Uri UrlFor(string to, string text, string id) => new(Fill(Url!, Uri.EscapeDataString, to, text, id));

    /// <summary>The body of the request for a message.</summary>
    internal string BodyFor(string to, string text, string id) => Fill(
        Template, Format == SmsFormat.Form ? Uri.EscapeDataString : value => JsonEncodedText.Encode(value).Value, to, text, id);

    internal IEnumerable<string> Problems()
    {
        if (string.IsNullOrEmpty(Url))
            yield break;
        // The URL may contain a password, so no message repeats it.
        if (Url.Length > MaxTemplateLength
            || !Uri.TryCreate(Fill(Url, Uri.EscapeDataString, "+1", "a", SampleId), UriKind.Absolute, out var url)
            || url.Scheme is not ("https" or "http"))
        {
            yield return $"Mail:Sms:Url must be an http or https address of at most {MaxTemplateLength} characters.";
        }

        if (Format == SmsFormat.Json && !IsJson(BodyFor("+1", "\"", SampleId)))
            yield return "Mail:Sms:Body must be JSON whose strings contain {to}, {text} and {id}.";
        if (Body.Length > MaxTemplateLength)
            yield return $"Mail:Sms:Body must have at most {MaxTemplateLength} characters.";
        if (!(Url + Template).Contains(To, StringComparison.Ordinal) || !(Url + Template).Contains(Text, StringComparison.Ordinal))
            yield return "Mail:Sms:Body and Mail:Sms:Url must contain {to} and {text}.";
        if (Headers.Count > MaxHeaders)
            yield return $"Mail:Sms:Headers must be at most {MaxHeaders} header fields.";
        foreach (var (name, value) in Headers)
        {
            if (!IsHeader(name, value))
                yield return $"Mail:Sms:Headers:{name} must be a header field of a request in ASCII, and not one of its content.";
        }

        if (!string.IsNullOrEmpty(Token) && (Headers.ContainsKey("Authorization") || !IsHeader("Authorization", $"Bearer {Token}")))
            yield return "Mail:Sms:Token must be one line of ASCII, and Mail:Sms:Headers:Authorization must be empty then.";
    }

    private static bool IsHeader(string name, string value)
    {
        using var request = new HttpRequestMessage();
        return value.All(c => c is >= ' ' and <= '~') && request.Headers.TryAddWithoutValidation(name, value);
    }

    private static bool IsJson(string text)
    {
        try
        {
            JsonDocument.Parse(text).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // From the left in one pass, so that a text that contains a placeholder stays as it is.
    private static string Fill(string template, Func<string, string> encode, string to, string text, string id) =>
        Placeholder().Replace(template, found => encode(found.Value switch { To => to, Text => text, _ => id }));

    [GeneratedRegex(@"\{(to|text|id)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Placeholder();
}
