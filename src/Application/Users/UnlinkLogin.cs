using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Unlinks the caller's account of a provider; needs a fresh session or second factor, and another way to sign in.</summary>
/// <remarks>Another way is a password, a passkey or another linked account. Sessions continue.</remarks>
[Authenticated]
public sealed record UnlinkLogin(string Provider) : ICommand<Unit>
{
    // No validator: a name without meaning is a login that does not exist.
    public string Provider { get; } = Provider;
}

internal sealed class UnlinkLoginHandler(
    IAppDbContext db, ILoginProviders providers, IPasskeys passkeys, FreshProof fresh, ICredentials credentials, IAuditLog audit,
    ICurrentUser caller)
    : ICommandHandler<UnlinkLogin, Unit>
{
    public async Task<Result<Unit>> Handle(UnlinkLogin command, CancellationToken cancellationToken)
    {
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } user)
            return UserErrors.NotFound;

        // The change of the user is the lock: of two requests that run at the same time one is tried again, and reads what is left.
        var logins = await db.Set<ExternalLogin>().Where(l => l.UserId == caller.Id).ToListAsync(cancellationToken);
        if (logins.Find(l => l.Provider == command.Provider) is not { } login)
            return OAuthErrors.LoginNotFound;
        if (await fresh.Refuse(cancellationToken) is { } refusal)
            return refusal;
        // A provider that is no longer configured lets nobody in, and neither do passkeys while they are off.
        if (!logins.Exists(l => l != login && providers.Find(l.Provider) is not null)
            && await credentials.FindPasswordHash(user.Id, cancellationToken) is null
            && (passkeys.RelyingParty is null || !await db.Set<Passkey>().AnyAsync(p => p.UserId == user.Id, cancellationToken)))
        {
            return OAuthErrors.LastLogin;
        }

        db.Set<ExternalLogin>().Remove(login);
        user.UnlinkLogin(login.Provider);
        audit.Add(new AuditNote(AuditActions.UserLoginUnlinked, AuditSubject.User(user.Id)).With("provider", login.Provider));
        return Unit.Value;
    }
}
