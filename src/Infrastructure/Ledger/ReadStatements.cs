using Npgsql;

namespace Portico.Infrastructure.Ledger;

/// <summary>The first round trip: takes the locks, then reads the time, then the state that the locks protect.</summary>
internal sealed class ReadStatements
{
    public const string Begin = "BEGIN ISOLATION LEVEL READ COMMITTED";

    private readonly NpgsqlParameter<Guid[]> _accounts = Empty<Guid>();
    private readonly NpgsqlParameter<Guid[]> _owners = Empty<Guid>();
    private readonly NpgsqlParameter<string[]> _keys = Empty<string>();
    private readonly NpgsqlParameter<Guid[]>[] _holds = [Empty<Guid>(), Empty<Guid>()];
    private readonly NpgsqlParameter<Guid[]>[] _originals = [Empty<Guid>(), Empty<Guid>()];
    private readonly NpgsqlParameter<Guid[]>[] _placers = [Empty<Guid>(), Empty<Guid>()];
    private readonly NpgsqlParameter<Guid[]> _quotes = Empty<Guid>();

    public ReadStatements(NpgsqlConnection connection, bool withHistory)
    {
        // The accounts of a hold and of a journal never change, so they can be looked up before anything is locked.
        // A user who places a hold locks their first wallet too, so that holds in two wallets at once are counted one after the other.
        var ids = withHistory
            ? """
              ARRAY(SELECT unnest($1) UNION SELECT unnest(ARRAY[source_id, destination_id]) FROM ledger.holds WHERE id = ANY($2)
                  UNION SELECT unnest(ARRAY[source_id, destination_id]) FROM ledger.journals WHERE id = ANY($3)
                  UNION SELECT (SELECT id FROM wallets WHERE owner_id = placer ORDER BY id LIMIT 1) FROM unnest($4) AS placer)
              """
            : "$1";
        Batch = new NpgsqlBatch(connection);
        Add(Begin);
        NpgsqlParameter[] named = withHistory ? [_accounts, _holds[0], _originals[0], _placers[0]] : [_accounts];
        Add($"SELECT {LedgerRows.AccountColumns} FROM ledger.accounts WHERE id = ANY({ids}) ORDER BY id FOR NO KEY UPDATE", named);
        Add("SELECT clock_timestamp()");
        Add(
            // LIMIT forces a lookup for each key, also when the plan was made while the table was empty.
            """
            SELECT i.owner_id, i.key, i.fingerprint, i.outcome
            FROM unnest($1, $2) AS k (owner_id, key)
                CROSS JOIN LATERAL (SELECT * FROM ledger.idempotency WHERE owner_id = k.owner_id AND key = k.key LIMIT 1) i
            """,
            _owners, _keys);
        if (!withHistory)
            return;

        Add($"SELECT {LedgerRows.HoldColumns} FROM ledger.holds WHERE id = ANY($1)", _holds[1]);
        Add(
            $"""
            SELECT {LedgerRows.JournalColumns}, coalesce((SELECT sum(r.amount) FROM ledger.journals r WHERE r.reverses_id = j.id), 0)
            FROM ledger.journals j WHERE id = ANY($1)
            """,
            _originals[1]);
        Add(
            """
            SELECT placer, (SELECT count(*) FROM ledger.holds
                WHERE status = 'open' AND source_id = ANY(ARRAY(SELECT id FROM wallets WHERE owner_id = placer)))
            FROM unnest($1) AS placer
            """,
            _placers[1]);
        Add("SELECT id FROM ledger.exchanges WHERE id = ANY($1)", _quotes);
    }

    public NpgsqlBatch Batch { get; }

    public void Fill(Guid[] accounts, Guid[] keyOwners, string[] keys, Guid[] holds, Guid[] originals, Guid[] placers, Guid[] quotes)
    {
        (_accounts.TypedValue, _owners.TypedValue, _keys.TypedValue) = (accounts, keyOwners, keys);
        _quotes.TypedValue = quotes;
        foreach (var parameter in _holds)
            parameter.TypedValue = holds;
        foreach (var parameter in _originals)
            parameter.TypedValue = originals;
        foreach (var parameter in _placers)
            parameter.TypedValue = placers;
    }

    private void Add(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        Batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter<T[]> Empty<T>() => new() { TypedValue = [] };
}
