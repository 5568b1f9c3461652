using System.Net.Mail;
using Portico.Application.Common.Messages;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Mail;

/// <summary>Sends mail by SMTP, a connection a message.</summary>
internal sealed class SmtpChannel(MailSettings settings, TimeProvider clock) : IMessageChannel
{
    private readonly MailAddress _from = new(settings.From);

    public bool Reaches(ContactKind kind) => kind == ContactKind.Email;

    public async Task Send(Message message, Guid id, CancellationToken cancellationToken)
    {
        var mail = MimeMail.Compose(message, id, _from, clock.GetUtcNow(), readable: false);
        using var deadline = new CancellationTokenSource(settings.Smtp.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await using var session = await SmtpSession.Open(settings.Smtp, either.Token);
            await session.Send(_from.Address, message.To.Value, mail, either.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The mail server did not take the message within {settings.Smtp.Timeout}.", late);
        }
    }
}
