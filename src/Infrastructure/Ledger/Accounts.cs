using Portico.Application.Ledger;
using Portico.Domain.Ledger;
using Portico.Domain.Wallets;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>Opens, closes and reads the accounts of wallets, in the transaction of the command.</summary>
internal sealed class Accounts(AppDbContext db) : IAccounts
{
    public async Task Open(Wallet wallet, CancellationToken cancellationToken)
    {
        var command = AccountRows.Insert([Account.OfWallet(wallet.Id, wallet.OwnerId, wallet.Currency, wallet.CreatedAt)]);
        command.Connection = db.Connection();
        await command.Execute(cancellationToken);
    }

    // The update waits for a transaction that moves money of the account, and then sees the new balance.
    public async Task<bool> TryClose(Guid walletId, CancellationToken cancellationToken) =>
        await db.CreateCommand(
            "UPDATE ledger.accounts SET status = 'closed' WHERE id = $1 AND status = 'open' AND posted = 0 AND held = 0")
            .With(walletId).Execute(cancellationToken) == 1
        && !await HasOpenSaga("(SELECT owner_id FROM wallets WHERE id = $1)", walletId, cancellationToken);

    public Task<IReadOnlyDictionary<Guid, Account>> Read(IReadOnlyCollection<Guid> walletIds, CancellationToken cancellationToken) =>
        db.WhileOpen<IReadOnlyDictionary<Guid, Account>>(
            async () =>
            {
                var accounts = await db.CreateCommand($"SELECT {LedgerRows.AccountColumns} FROM ledger.accounts WHERE id = ANY($1)")
                    .With(walletIds.ToArray()).ReadAll(LedgerRows.Account, cancellationToken);
                return accounts.ToDictionary(account => account.Id);
            },
            cancellationToken);

    public async Task<bool> TryCloseAll(Guid ownerId, CancellationToken cancellationToken)
    {
        await LockOwner(db, ownerId, cancellationToken);
        // Waits for the transactions that move money of these accounts, and then reads the new balances; later ones find them closed.
        var withMoney = await db.CreateCommand(
            """
            SELECT count(*) FILTER (WHERE posted <> 0 OR held <> 0) FROM (
                SELECT posted, held FROM ledger.accounts WHERE id = ANY(ARRAY(SELECT id FROM wallets WHERE owner_id = $1))
                ORDER BY id FOR NO KEY UPDATE) AS locked
            """).With(ownerId).ReadValue(cancellationToken);
        if (withMoney is not 0L)
            return false;

        await db.CreateCommand(
            "UPDATE ledger.accounts SET status = 'closed' WHERE id = ANY(ARRAY(SELECT id FROM wallets WHERE owner_id = $1))")
            .With(ownerId).Execute(cancellationToken);
        return !await HasOpenSaga("$1", ownerId, cancellationToken);
    }

    public async Task ReopenAll(Guid ownerId, CancellationToken cancellationToken)
    {
        await LockOwner(db, ownerId, cancellationToken);
        await db.CreateCommand(
            """
            UPDATE ledger.accounts SET status = 'open'
            WHERE id = ANY(ARRAY(SELECT a.id FROM ledger.accounts a JOIN wallets w ON w.id = a.id
                WHERE w.owner_id = $1 AND w.status = 'open' ORDER BY a.id FOR NO KEY UPDATE OF a))
            """).With(ownerId).Execute(cancellationToken);
    }

    /// <summary>Writes the changes so far, then locks a user.</summary>
    /// <remarks>Before the accounts, and after the change of the user and its event: every change of a user locks in this order.</remarks>
    public static async Task LockOwner(AppDbContext db, Guid ownerId, CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        await db.CreateCommand("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE").With(ownerId).Execute(cancellationToken);
    }

    // The money of an order may come back. Asked under the lock of the account: whoever begins an order later finds the account closed.
    private async Task<bool> HasOpenSaga(string owner, Guid value, CancellationToken cancellationToken) =>
        await db.CreateCommand($"SELECT EXISTS (SELECT FROM order_sagas WHERE owner_id = {owner})")
            .With(value).ReadValue(cancellationToken) is true;
}
