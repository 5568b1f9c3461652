using System.Net.Mail;
using Microsoft.Extensions.Logging;
using Portico.Application.Notifications;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Notifications;

/// <summary>Writes each message, for e-mail or phone, to a folder as an <c>.eml</c> file (RFC 5322), for development.</summary>
/// <remarks>A file appears atomically. The log names the file and never contains the text.</remarks>
internal sealed partial class MailboxChannel(MailSettings settings, TimeProvider clock, ILogger<MailboxChannel> logger) : IMessageChannel
{
    private readonly string _folder = settings.Mailbox ?? throw new InvalidOperationException("Mail:Mailbox is not set.");
    private readonly MailAddress _from = new(settings.From);

    public bool Reaches(ContactKind kind) => true;

    public async Task Send(Message message, Guid id, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_folder);
        var now = clock.GetUtcNow();
        var file = Path.Combine(_folder, $"{now:yyyyMMdd'T'HHmmss.fff'Z'}-{id:N}.eml");
        var half = file + ".part";
        using var mail = MailComposer.Compose(message, id, _from, now, readable: true);
        await mail.WriteToAsync(MailComposer.Format, half, cancellationToken);
        File.Move(half, file);
        LogWritten(message.To, file);
        // Names begin with the time, so the oldest come first.
        foreach (var old in Directory.GetFiles(_folder, "*.eml").Order(StringComparer.Ordinal).SkipLast(settings.MailboxLimit))
            File.Delete(old);
    }

    [LoggerMessage(LogLevel.Information, "A message to {To} is in {File}")]
    private partial void LogWritten(ContactAddress to, string file);
}
