using Portico.Application.Ledger;
using Portico.Domain.Ledger;
using Portico.Domain.Wallets;

namespace Portico.Infrastructure.Ledger;

/// <summary>Opens, closes and reads the accounts of wallets, in the transaction of the command.</summary>
internal sealed class Accounts(TransactionCommands commands) : IAccounts
{
    public async Task Open(Wallet wallet, CancellationToken cancellationToken)
    {
        var account = Account.OfWallet(wallet.Id, wallet.OwnerId, wallet.Currency, wallet.CreatedAt);
        await using var command = AccountRows.Insert(account);
        await commands.Execute(command, cancellationToken);
    }

    public async Task<bool> TryClose(Guid walletId, CancellationToken cancellationToken)
    {
        // The update waits for a transaction that moves money of the account, and then sees the new balance.
        await using var command = TransactionCommands.Of(
            "UPDATE ledger.accounts SET status = 'closed' WHERE id = $1 AND status = 'open' AND posted = 0 AND held = 0", walletId);
        return await commands.Execute(command, cancellationToken) == 1
            && !await HasOpenSaga("(SELECT owner_id FROM wallets WHERE id = $1)", walletId, cancellationToken);
    }

    public async Task<IReadOnlyDictionary<Guid, Account>> Read(IReadOnlyCollection<Guid> walletIds, CancellationToken cancellationToken)
    {
        await using var command = TransactionCommands.Of(
            $"SELECT {LedgerRows.AccountColumns} FROM ledger.accounts WHERE id = ANY($1)", walletIds.ToArray());
        return await commands.On(command, async () =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var accounts = new Dictionary<Guid, Account>(walletIds.Count);
            while (await reader.ReadAsync(cancellationToken))
                accounts[reader.GetGuid(0)] = LedgerRows.Account(reader);
            return accounts;
        });
    }

    public async Task<bool> TryCloseAll(Guid ownerId, CancellationToken cancellationToken)
    {
        await commands.LockOwner(ownerId, cancellationToken);
        // Waits for the transactions that move money of these accounts, and then reads the new balances; later ones find them closed.
        await using var lockAccounts = TransactionCommands.Of(
            """
            SELECT count(*) FILTER (WHERE posted <> 0 OR held <> 0) FROM (
                SELECT posted, held FROM ledger.accounts WHERE id = ANY(ARRAY(SELECT id FROM wallets WHERE owner_id = $1))
                ORDER BY id FOR NO KEY UPDATE) AS locked
            """,
            ownerId);
        var withMoney = await commands.On(lockAccounts, () => lockAccounts.ExecuteScalarAsync(cancellationToken));
        if (withMoney is not 0L)
            return false;

        await using var close = TransactionCommands.Of(
            "UPDATE ledger.accounts SET status = 'closed' WHERE id = ANY(ARRAY(SELECT id FROM wallets WHERE owner_id = $1))", ownerId);
        await commands.Execute(close, cancellationToken);
        return !await HasOpenSaga("$1", ownerId, cancellationToken);
    }

    public async Task ReopenAll(Guid ownerId, CancellationToken cancellationToken)
    {
        await commands.LockOwner(ownerId, cancellationToken);
        await using var command = TransactionCommands.Of(
            """
            UPDATE ledger.accounts SET status = 'open'
            WHERE id = ANY(ARRAY(SELECT a.id FROM ledger.accounts a JOIN wallets w ON w.id = a.id
                WHERE w.owner_id = $1 AND w.status = 'open' ORDER BY a.id FOR NO KEY UPDATE OF a))
            """,
            ownerId);
        await commands.Execute(command, cancellationToken);
    }

    // The money of an order may come back. Asked under the lock of the account: whoever begins an order later finds the account closed.
    private async Task<bool> HasOpenSaga(string owner, Guid value, CancellationToken cancellationToken)
    {
        await using var command = TransactionCommands.Of($"SELECT EXISTS (SELECT FROM order_sagas WHERE owner_id = {owner})", value);
        return await commands.On(command, () => command.ExecuteScalarAsync(cancellationToken)) is true;
    }
}
