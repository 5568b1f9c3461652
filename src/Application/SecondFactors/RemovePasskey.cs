using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.SecondFactors;

/// <summary>Removes a passkey of the caller; needs a fresh session or second factor, and another way to sign in.</summary>
[Authenticated]
public sealed record RemovePasskey(Guid Id) : ICommand<Unit>;

internal sealed class RemovePasskeyHandler(
    IAppDbContext db, ISecondFactors factors, ILoginProviders providers, ICredentials credentials, FreshProof fresh, IAuditLog audit,
    ICurrentUser caller)
    : ICommandHandler<RemovePasskey, Unit>
{
    public async Task<Result<Unit>> Handle(RemovePasskey command, CancellationToken cancellationToken)
    {
        // The change of the user is the lock: of two removals at the same time one is tried again, and reads what is left.
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } user)
            return UserErrors.NotFound;

        var passkeys = await db.Set<Passkey>().Where(p => p.UserId == caller.Id).ToListAsync(cancellationToken);
        if (passkeys.Find(p => p.Id == command.Id) is not { } passkey)
            return SecondFactorErrors.PasskeyNotFound;
        if (await fresh.Refuse(cancellationToken) is { } refusal)
            return refusal;
        if (passkeys.Count == 1 && await RefuseLast(user, cancellationToken) is { } last)
            return last;

        db.Set<Passkey>().Remove(passkey);
        user.ChangeSecondFactor(SecondFactorChange.PasskeyRemoved);
        audit.Add(new AuditNote(AuditActions.UserPasskeyRemoved, AuditSubject.User(user.Id)).With("passkey", passkey.Id));
        return Unit.Value;
    }

    private async Task<Error?> RefuseLast(User user, CancellationToken cancellationToken)
    {
        var has = await factors.Find(user.Id, user.Role, cancellationToken);
        if (has is { IsRequired: true, HasTotp: false })
            return SecondFactorErrors.LastSecondFactor;
        // A provider that is no longer configured lets nobody in.
        string[] usable = [.. providers.All.Select(provider => provider.Name)];
        return await credentials.FindPasswordHash(user.Id, cancellationToken) is null
            && !await db.Set<ExternalLogin>().AnyAsync(l => l.UserId == user.Id && usable.Contains(l.Provider), cancellationToken)
            ? OAuthErrors.LastLogin
            : null;
    }
}
