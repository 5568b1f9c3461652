using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;

namespace Portico.Application.Wallets;

/// <summary>Gets one of the caller's wallets with its current balance.</summary>
[Authenticated]
public sealed record GetWallet(Guid Id) : IQuery<WalletDto>;

internal sealed class GetWalletHandler(IAppDbContext db, IAccounts accounts) : IQueryHandler<GetWallet, WalletDto>
{
    public async Task<Result<WalletDto>> Handle(GetWallet query, CancellationToken cancellationToken)
    {
        var found = await db.Wallets.AsNoTracking().Get(query.Id, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;

        var held = await accounts.Read([query.Id], cancellationToken);
        return WalletDto.Of(found.Value, held[query.Id]);
    }
}
