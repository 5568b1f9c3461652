using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>Ends all of the caller's sessions but the one that asks for it.</summary>
[Authenticated]
public sealed record EndOtherSessions : ICommand<Unit>, IOwnTransaction;

internal sealed class EndOtherSessionsHandler(ISessions sessions, ICurrentUser user) : ICommandHandler<EndOtherSessions, Unit>
{
    public async Task<Result<Unit>> Handle(EndOtherSessions command, CancellationToken cancellationToken)
    {
        await sessions.EndOthers(user.Id, user.SessionId, cancellationToken);
        return Unit.Value;
    }
}
