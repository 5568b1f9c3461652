using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Domain.Wallets;

namespace Portico.Application.Ledger;

/// <summary>The ledger accounts of wallets. Changes join the transaction of the command.</summary>
public interface IAccounts
{
    /// <summary>Opens the account of a new wallet.</summary>
    Task Open(Wallet wallet, CancellationToken cancellationToken);

    /// <summary>Closes the account of a wallet permanently, if it is empty and holds nothing.</summary>
    /// <returns>Whether the account was closed.</returns>
    Task<bool> TryClose(Guid walletId, CancellationToken cancellationToken);

    /// <summary>The current accounts of wallets, by wallet id.</summary>
    Task<IReadOnlyDictionary<Guid, Account>> Read(IReadOnlyCollection<Guid> walletIds, CancellationToken cancellationToken);

    /// <summary>Whether any wallet of a user has money or held money.</summary>
    Task<bool> HasMoney(Guid ownerId, CancellationToken cancellationToken);
}
