using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>Ends all sessions of the caller except the current one.</summary>
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
