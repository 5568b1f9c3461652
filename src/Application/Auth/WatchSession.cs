using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>Begins to watch the caller's session: what follows are events, until the session ends.</summary>
/// <remarks>A command although it changes nothing: a batch takes queries only, and this one has no end.</remarks>
[Authenticated]
public sealed record WatchSession : ICommand<BrowserSessionDto>, IOwnTransaction;

internal sealed class WatchSessionHandler(ICurrentUser user) : ICommandHandler<WatchSession, BrowserSessionDto>
{
    public Task<Result<BrowserSessionDto>> Handle(WatchSession command, CancellationToken cancellationToken) =>
        Task.FromResult<Result<BrowserSessionDto>>(BrowserSessionDto.Of(user.Claims!, user.SessionExpiresAt));
}
