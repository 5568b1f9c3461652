using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Domain.Wallets;

namespace Portico.Application.Ledger;

/// <summary>The accounts behind wallets. What changes them joins the transaction of the command.</summary>
public interface IAccounts
{
    /// <summary>Opens the account of a new wallet.</summary>
    Task Open(Wallet wallet, CancellationToken cancellationToken);

    /// <summary>Closes a wallet's account for good, if it is empty and nothing is held.</summary>
    /// <returns>Whether it was.</returns>
    Task<bool> TryClose(Guid walletId, CancellationToken cancellationToken);

    /// <summary>What wallets hold now, by their ids.</summary>
    Task<IReadOnlyDictionary<Guid, Account>> Read(IReadOnlyCollection<Guid> walletIds, CancellationToken cancellationToken);

    /// <summary>Whether a person has money, or some is held, in any wallet.</summary>
    Task<bool> HasMoney(Guid ownerId, CancellationToken cancellationToken);
}
