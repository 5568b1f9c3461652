using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.ServiceAccounts;

namespace Portico.Application.ServiceAccounts;

/// <summary>Removes a secret of a service account, and ends its access tokens.</summary>
[RequirePermission(Permissions.UsersManage)]
public sealed record RemoveServiceSecret(Guid AccountId, Guid SecretId) : ICommand<Unit>;

internal sealed class RemoveServiceSecretHandler(IAppDbContext db, IServiceSecrets tokens, ITransaction transaction, IAuditLog audit)
    : ICommandHandler<RemoveServiceSecret, Unit>
{
    public async Task<Result<Unit>> Handle(RemoveServiceSecret command, CancellationToken cancellationToken)
    {
        if (!await db.Set<ServiceAccount>().AnyAsync(a => a.Id == command.AccountId, cancellationToken))
            return ServiceAccountErrors.NotFound;
        var secret = await db.Set<ServiceSecret>()
            .SingleOrDefaultAsync(s => s.Id == command.SecretId && s.AccountId == command.AccountId, cancellationToken);
        if (secret is null)
            return ServiceAccountErrors.SecretNotFound;

        db.Set<ServiceSecret>().Remove(secret);
        audit.Add(new AuditNote(AuditActions.ServiceSecretRemoved, AuditSubject.ServiceAccount(command.AccountId))
            .With("secretId", secret.Id));
        transaction.AfterCommit(token => tokens.EndTokens([secret.Id], token));
        return Unit.Value;
    }
}
