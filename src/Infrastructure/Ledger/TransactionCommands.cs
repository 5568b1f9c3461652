using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>Runs SQL of the ledger on the connection and in the transaction of the command.</summary>
internal sealed class TransactionCommands(AppDbContext db)
{
    /// <summary>A command with one parameter.</summary>
    public static NpgsqlCommand Of<T>(string sql, T value) =>
        new(sql) { Parameters = { new NpgsqlParameter<T> { TypedValue = value } } };

    /// <summary>Writes the changes so far, then locks a user.</summary>
    /// <remarks>Before the accounts, and after the change of the user and its event: every change of a user locks in this order.</remarks>
    public async Task LockOwner(Guid ownerId, CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        await using var command = Of("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE", ownerId);
        await Execute(command, cancellationToken);
    }

    public Task<int> Execute(NpgsqlCommand command, CancellationToken cancellationToken) =>
        On(command, () => command.ExecuteNonQueryAsync(cancellationToken));

    /// <summary>Runs work with the command while the connection is open.</summary>
    public async Task<T> On<T>(NpgsqlCommand command, Func<Task<T>> work)
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
}
