using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Ends one of the caller's sessions; a session of another user gives 404.</summary>
[Authenticated]
public sealed record EndSession(Guid Id) : ICommand<Unit>, IOwnTransaction;

internal sealed class EndSessionHandler(ISessions sessions, ICurrentUser user) : ICommandHandler<EndSession, Unit>
{
    public async Task<Result<Unit>> Handle(EndSession command, CancellationToken cancellationToken)
    {
        if (!await sessions.Exists(user.Id, command.Id, cancellationToken))
            return UserErrors.SessionNotFound;

        await sessions.End(user.Id, command.Id, cancellationToken);
        return Unit.Value;
    }
}
