using System.Net.Mail;
using System.Text;
using Portico.Application.Common.Messages;

namespace Portico.Infrastructure.Mail;

/// <summary>A message in the form in which mail travels (RFC 5322, MIME), plain text first and HTML as its alternative.</summary>
/// <remarks>
/// The id is the same however often the message is sent, so whoever gets it twice can tell. Marked as automatic (RFC 3834),
/// so that no absence notice answers it. No line is longer than 998 characters.
/// </remarks>
internal static class MimeMail
{
    private const int MaxEncodedWord = 75;
    private const int MaxLine = 998;
    private const int MaxHeaderLine = 76;

    /// <param name="message">What to say, and to whom.</param>
    /// <param name="id">Stands in <c>Message-ID</c>.</param>
    /// <param name="from">The sender.</param>
    /// <param name="date">When the message was written.</param>
    /// <param name="readable">Leaves letters as they are (8 bit), for files that people read; otherwise everything is ASCII.</param>
    public static string Compose(Message message, Guid id, MailAddress from, DateTimeOffset date, bool readable)
    {
        var mail = new StringBuilder()
            .Append($"From: {Mailbox(from)}\r\n")
            .Append($"To: {message.To.Value}\r\n")
            .Append($"Subject: {Text(message.Subject, "Subject: ".Length)}\r\n")
            .Append($"Date: {date.UtcDateTime:ddd, dd MMM yyyy HH:mm:ss} +0000\r\n")
            .Append($"Message-ID: <{id:N}@{from.Host}>\r\n")
            .Append("Auto-Submitted: auto-generated\r\n")
            .Append("MIME-Version: 1.0\r\n");
        if (message.Html is not { } html)
            return AppendPart(mail, "plain", message.Text, readable).ToString();

        var boundary = $"=_{id:N}";
        mail.Append($"Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n");
        AppendPart(mail, "plain", message.Text, readable).Append($"\r\n--{boundary}\r\n");
        return AppendPart(mail, "html", html, readable).Append($"\r\n--{boundary}--\r\n").ToString();
    }

    private static StringBuilder AppendPart(StringBuilder mail, string subtype, string text, bool readable)
    {
        var body = text.ReplaceLineEndings("\r\n");
        var (encoding, content) =
            body.Split("\r\n").Any(line => Encoding.UTF8.GetByteCount(line) > MaxLine) ? ("base64", Base64(body))
            : Ascii.IsValid(body) ? ("7bit", body)
            : readable ? ("8bit", body)
            : ("base64", Base64(body));
        return mail.Append($"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{content}");
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text), Base64FormattingOptions.InsertLineBreaks) + "\r\n";

    private static string Mailbox(MailAddress address)
    {
        if (address.DisplayName.Length == 0)
            return address.Address;
        return address.DisplayName.All(c => char.IsAsciiLetterOrDigit(c) || c == ' ')
            ? $"{address.DisplayName} <{address.Address}>"
            : $"{EncodedWords(address.DisplayName)} <{address.Address}>";
    }

    /// <summary>A header's text, folded where it is long (RFC 5322), as encoded words (RFC 2047) where it is not ASCII or could be taken for them.</summary>
    private static string Text(string text, int indent) =>
        text.All(c => c is >= ' ' and <= '~') && text.Length + indent <= MaxHeaderLine && !text.Contains("=?", StringComparison.Ordinal) ? text : EncodedWords(text);

    private static string EncodedWords(string text)
    {
        const string start = "=?utf-8?B?";
        const string end = "?=";
        const int room = (MaxEncodedWord - 12) / 4 * 3;

        var words = new List<string>();
        var bytes = new List<byte>(room);
        Span<byte> buffer = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            // A letter is never cut in two.
            var length = (Rune.IsControl(rune) ? new Rune(' ') : rune).EncodeToUtf8(buffer);
            if (bytes.Count + length > room)
                EndWord();
            bytes.AddRange(buffer[..length]);
        }

        EndWord();
        return string.Join("\r\n ", words);

        void EndWord()
        {
            words.Add(start + Convert.ToBase64String([.. bytes]) + end);
            bytes.Clear();
        }
    }
}
