using System.Net;
using System.Net.Mail;
using System.Text;
using Portico.Application.Common.Messages;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Mail;

/// <summary>Sends mail by SMTP, a connection a message.</summary>
internal sealed class SmtpChannel(MailSettings settings) : IMessageChannel
{
    public bool Reaches(ContactKind kind) => kind == ContactKind.Email;

    public async Task Send(Message message, CancellationToken cancellationToken)
    {
        using var client = new SmtpClient(settings.Smtp.Host, settings.Smtp.Port)
        {
            EnableSsl = settings.Smtp.StartTls,
            Credentials = settings.Smtp.UserName is { } name ? new NetworkCredential(name, settings.Smtp.Password) : null,
        };
        using var mail = new MailMessage(new MailAddress(settings.From), new MailAddress(message.To.Value))
        {
            Subject = message.Subject,
            SubjectEncoding = Encoding.UTF8,
            Body = message.Text,
            BodyEncoding = Encoding.UTF8,
        };
        // SmtpClient.Timeout does not hold for asynchronous calls.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(settings.Smtp.Timeout);
        await client.SendMailAsync(mail, deadline.Token);
    }
}
