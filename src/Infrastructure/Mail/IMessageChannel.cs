using Portico.Application.Common.Messages;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Mail;

/// <summary>One way in which messages leave.</summary>
internal interface IMessageChannel
{
    bool Reaches(ContactKind kind);

    Task Send(Message message, CancellationToken cancellationToken);
}
