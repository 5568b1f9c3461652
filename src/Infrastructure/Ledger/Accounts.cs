using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
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
        var account = Account.OfWallet(wallet.Id, wallet.OwnerId, wallet.Currency, wallet.CreatedAt);
        await using var command = AccountRows.Insert(account);
        await Execute(command, cancellationToken);
    }

    public async Task<bool> TryClose(Guid walletId, CancellationToken cancellationToken)
    {
        // The update waits for a transaction that moves money of the account, and then sees the new balance.
        await using var command = Command(
            "UPDATE ledger.accounts SET status = 'closed' WHERE id = $1 AND status = 'open' AND posted = 0 AND held = 0", walletId);
        return await Execute(command, cancellationToken) == 1;
    }

    public async Task<IReadOnlyDictionary<Guid, Account>> Read(IReadOnlyCollection<Guid> walletIds, CancellationToken cancellationToken)
    {
        await using var command = Command(
            $"SELECT {LedgerRows.AccountColumns} FROM ledger.accounts WHERE id = ANY($1)", walletIds.ToArray());
        return await OnConnection(command, async () =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var accounts = new Dictionary<Guid, Account>(walletIds.Count);
            while (await reader.ReadAsync(cancellationToken))
                accounts[reader.GetGuid(0)] = LedgerRows.Account(reader);
            return accounts;
        });
    }

    public async Task<bool> HasMoney(Guid ownerId, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            SELECT EXISTS (SELECT FROM wallets w JOIN ledger.accounts a ON a.id = w.id
                WHERE w.owner_id = $1 AND (a.posted <> 0 OR a.held <> 0))
            """,
            ownerId);
        return await OnConnection(command, async () => await command.ExecuteScalarAsync(cancellationToken) is true);
    }

    private Task<int> Execute(NpgsqlCommand command, CancellationToken cancellationToken) =>
        OnConnection(command, () => command.ExecuteNonQueryAsync(cancellationToken));

    private async Task<T> OnConnection<T>(NpgsqlCommand command, Func<Task<T>> work)
    {
        await db.Database.OpenConnectionAsync();
        try
        {
            command.Connection = (NpgsqlConnection)db.Database.GetDbConnection();
            command.Transaction = (NpgsqlTransaction?)db.Database.CurrentTransaction?.GetDbTransaction();
            return await work();
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    private static NpgsqlCommand Command<T>(string sql, T value) =>
        new(sql) { Parameters = { new NpgsqlParameter<T> { TypedValue = value } } };
}
