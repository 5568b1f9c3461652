using AutoMapper;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.ServiceAccounts;

namespace Portico.Application.ServiceAccounts;

/// <summary>Lists all service accounts with their valid secrets, oldest first.</summary>
[RequirePermission(Permissions.UsersManage)]
public sealed record ListServiceAccounts : IQuery<Page<ServiceAccountDto>>;

internal sealed class ListServiceAccountsHandler(IAppDbContext db, IMapper mapper, TimeProvider clock)
    : IQueryHandler<ListServiceAccounts, Page<ServiceAccountDto>>
{
    public async Task<Result<Page<ServiceAccountDto>>> Handle(ListServiceAccounts query, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var accounts = await db.Set<ServiceAccount>().AsNoTracking().OrderBy(a => a.Id).ToListAsync(cancellationToken);
        var secrets = await db.Set<ServiceSecret>().AsNoTracking().Where(s => s.ExpiresAt > now).OrderBy(s => s.Id)
            .ToListAsync(cancellationToken);
        var ofAccount = secrets.ToLookup(s => s.AccountId);
        return new Page<ServiceAccountDto>(
            [.. accounts.Select(account => ServiceAccountDto.Of(account, ofAccount[account.Id].Select(mapper.Map<ServiceSecretDto>)))],
            NextCursor: null);
    }
}
