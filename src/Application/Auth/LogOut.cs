using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>Ends the session of the caller's access token.</summary>
[Authenticated]
public sealed record LogOut : ICommand<Unit>, IOwnTransaction;

internal sealed class LogOutHandler(ISessions sessions, ICurrentUser user) : ICommandHandler<LogOut, Unit>
{
    public async Task<Result<Unit>> Handle(LogOut command, CancellationToken cancellationToken)
    {
        await sessions.End(user.Id, user.SessionId, cancellationToken);
        return Unit.Value;
    }
}
