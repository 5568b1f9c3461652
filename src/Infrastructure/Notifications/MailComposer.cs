using System.Net.Mail;
using MimeKit;
using Portico.Application.Notifications;

namespace Portico.Infrastructure.Notifications;

/// <summary>Writes messages as mails (RFC 5322, MIME): plain text first, HTML as its alternative.</summary>
/// <remarks>
/// The Message-ID is the same for each attempt, so that a recipient can recognise a duplicate. The mail is marked as automatic
/// (RFC 3834), so that no absence notice answers it.
/// </remarks>
internal static class MailComposer
{
    private const int MaxLine = 998;

    /// <summary>The format of mails: lines end with CR LF, as mail servers and mail readers expect.</summary>
    public static readonly FormatOptions Format = CrLf();

    /// <summary>Composes a mail.</summary>
    /// <param name="message">The text and its recipient.</param>
    /// <param name="id">The local part of the Message-ID.</param>
    /// <param name="from">The sender.</param>
    /// <param name="date">When the message was written.</param>
    /// <param name="readable">True keeps bodies as 8-bit text, for files that people read; otherwise everything is ASCII.</param>
    public static MimeMessage Compose(Message message, Guid id, MailAddress from, DateTimeOffset date, bool readable)
    {
        var mail = new MimeMessage
        {
            Date = date.ToUniversalTime(),
            MessageId = $"{id:N}@{from.Host}",
            Body = new BodyBuilder { TextBody = message.Text, HtmlBody = message.Html }.ToMessageBody(),
        };
        mail.From.Add(new MailboxAddress(from.DisplayName, from.Address));
        mail.To.Add(new MailboxAddress("", message.To.Value));
        mail.Subject = Line(message.Subject);
        mail.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        mail.Prepare(readable ? EncodingConstraint.EightBit : EncodingConstraint.SevenBit, MaxLine);
        return mail;
    }

    /// <summary>Makes one line that contains no encoded word (RFC 2047).</summary>
    private static string Line(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Replace("=?", "= ?", StringComparison.Ordinal);

    private static FormatOptions CrLf()
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        return format;
    }
}
