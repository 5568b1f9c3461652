using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.ServiceAccounts;

namespace Portico.Application.ServiceAccounts;

/// <summary>Deletes a service account with its secrets, and ends its access tokens.</summary>
[RequirePermission(Permissions.UsersManage)]
public sealed record DeleteServiceAccount(Guid Id) : ICommand<Unit>;

internal sealed class DeleteServiceAccountHandler(IAppDbContext db, IServiceSecrets tokens, ITransaction transaction, IAuditLog audit)
    : ICommandHandler<DeleteServiceAccount, Unit>
{
    public async Task<Result<Unit>> Handle(DeleteServiceAccount command, CancellationToken cancellationToken)
    {
        if (await db.Set<ServiceAccount>().SingleOrDefaultAsync(a => a.Id == command.Id, cancellationToken) is not { } account)
            return ServiceAccountErrors.NotFound;

        var secrets = await db.Set<ServiceSecret>().Where(s => s.AccountId == account.Id).ToListAsync(cancellationToken);
        db.Set<ServiceSecret>().RemoveRange(secrets);
        db.Set<ServiceAccount>().Remove(account);
        audit.Add(new AuditNote(AuditActions.ServiceAccountDeleted, AuditSubject.ServiceAccount(account.Id)).With("name", account.Name));
        transaction.AfterCommit(token => tokens.EndTokens([.. secrets.Select(secret => secret.Id)], token));
        return Unit.Value;
    }
}
