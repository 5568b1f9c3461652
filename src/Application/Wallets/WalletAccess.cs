using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Wallets;

internal static class WalletAccess
{
    /// <summary>Gets a wallet for its owner and for users who may read all wallets; others get 404.</summary>
    public static async Task<Result<WalletAccount>> Open(
        this IWalletHistory history, Guid walletId, ICurrentUser caller, CancellationToken cancellationToken) =>
        await history.Find(walletId, cancellationToken) is { } wallet && (wallet.OwnerId == caller.Id || caller.Has(Permissions.MoneyRead))
            ? wallet
            : LedgerErrors.WalletNotFound;
}
