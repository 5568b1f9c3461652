using Npgsql;

namespace Portico.Infrastructure.Ledger;

/// <summary>Reads accounts and the time without locks, for a session that remembers them.</summary>
internal sealed class UnlockedReadStatements
{
    private readonly NpgsqlParameter<Guid[]> _accounts = new() { TypedValue = [] };

    public UnlockedReadStatements(NpgsqlConnection connection) => Batch = new NpgsqlBatch(connection)
    {
        BatchCommands =
        {
            new NpgsqlBatchCommand($"SELECT {LedgerRows.AccountColumns} FROM ledger.accounts WHERE id = ANY($1)")
            {
                Parameters = { _accounts },
            },
            new NpgsqlBatchCommand("SELECT clock_timestamp()"),
        },
    };

    public NpgsqlBatch Batch { get; }

    public void Fill(Guid[] accounts) => _accounts.TypedValue = accounts;
}
