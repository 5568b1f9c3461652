using System.Text;
using Microsoft.Extensions.Logging;
using Portico.Application.Common.Messages;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Mail;

/// <summary>Puts each message, by mail or phone, into a folder as an <c>.eml</c> file (RFC 5322), for development.</summary>
/// <remarks>A file appears whole or not at all, and the log names the file, never what it says.</remarks>
internal sealed partial class MailboxChannel(MailSettings settings, TimeProvider clock, ILogger<MailboxChannel> logger) : IMessageChannel
{
    private readonly string _folder = settings.Mailbox ?? throw new InvalidOperationException("Mail:Mailbox is not set.");

    public bool Reaches(ContactKind kind) => true;

    public async Task Send(Message message, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_folder);
        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var file = Path.Combine(_folder, $"{now:yyyyMMdd'T'HHmmss.fff'Z'}-{id:N}.eml");
        var half = file + ".part";
        await File.WriteAllTextAsync(half, Eml(message, now, id), cancellationToken);
        File.Move(half, file);
        LogWritten(message.To, file);
        Prune();
    }

    private string Eml(Message message, DateTimeOffset now, Guid id) => new StringBuilder()
        .Append($"From: {settings.From}\r\n")
        .Append($"To: {message.To.Value}\r\n")
        .Append($"Subject: {Header(message.Subject)}\r\n")
        .Append($"Date: {now:ddd, dd MMM yyyy HH:mm:ss} +0000\r\n")
        .Append($"Message-ID: <{id:N}@portico.invalid>\r\n")
        .Append("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
        .Append(message.Text.ReplaceLineEndings("\r\n"))
        .ToString();

    /// <summary>A header of other than ASCII characters as an encoded word (RFC 2047).</summary>
    private static string Header(string text) =>
        Ascii.IsValid(text) ? text : $"=?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}?=";

    private void Prune()
    {
        // Names begin with the time, so the oldest come first.
        var files = Directory.GetFiles(_folder, "*.eml");
        if (files.Length <= settings.MailboxLimit)
            return;

        foreach (var old in files.Order(StringComparer.Ordinal).Take(files.Length - settings.MailboxLimit))
            File.Delete(old);
    }

    [LoggerMessage(LogLevel.Information, "A message to {To} is in {File}")]
    private partial void LogWritten(ContactAddress to, string file);
}
