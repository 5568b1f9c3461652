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

    /// <summary>Closes the accounts of all wallets of a user who is deleted, if all are empty and hold nothing.</summary>
    /// <returns>Whether they are closed; otherwise none was closed.</returns>
    /// <remarks>
    /// Writes the change of the user and locks the user first, so that no wallet is opened meanwhile, then the accounts in the order of the
    /// ledger.
    /// </remarks>
    Task<bool> TryCloseAll(Guid ownerId, CancellationToken cancellationToken);

    /// <summary>Opens the accounts again that <see cref="TryCloseAll"/> closed; those of closed wallets stay closed.</summary>
    Task ReopenAll(Guid ownerId, CancellationToken cancellationToken);
}
