using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Wallets;

namespace Portico.Application.Wallets;

/// <summary>Lists the caller's wallets, newest first unless the query asks for another order.</summary>
[Authenticated]
public sealed record ListWallets : PagedQuery<WalletDto>, ISorted
{
    /// <summary>createdAt or name; a minus before the name reverses the order.</summary>
    public string? Sort { get; init; }

    internal static readonly Sorts<Wallet> Sorts = new Sorts<Wallet>("-createdAt").By(w => w.CreatedAt).By(w => w.Name);
}

internal sealed class ListWalletsValidator() : SortedValidator<ListWallets, Wallet>(ListWallets.Sorts);

internal sealed class ListWalletsHandler(IAppDbContext db, IAccounts accounts) : IQueryHandler<ListWallets, Page<WalletDto>>
{
    public async Task<Result<Page<WalletDto>>> Handle(ListWallets query, CancellationToken cancellationToken)
    {
        var page = await ListWallets.Sorts.Read(db.Wallets.AsNoTracking(), query, wallet => wallet, cancellationToken);
        var held = await accounts.Read([.. page.Items.Select(wallet => wallet.Id)], cancellationToken);
        return new Page<WalletDto>([.. page.Items.Select(wallet => WalletDto.Of(wallet, held[wallet.Id]))], page.NextCursor);
    }
}
