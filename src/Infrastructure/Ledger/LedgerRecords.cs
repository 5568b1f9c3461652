using Npgsql;
using Portico.Application.Ledger;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>Reads journals, holds, exchanges and the results of idempotency keys from PostgreSQL.</summary>
internal sealed class LedgerRecords(NpgsqlDataSource database) : ILedgerRecords
{
    private const string Owners =
        "(SELECT owner_id FROM ledger.accounts WHERE id = source_id), (SELECT owner_id FROM ledger.accounts WHERE id = destination_id)";

    public Task<RecordedJournal?> FindJournal(Guid id, CancellationToken cancellationToken) => Find(
        $"SELECT {LedgerRows.JournalColumns}, {Owners} FROM ledger.journals WHERE id = $1", id,
        row => new RecordedJournal(LedgerRows.Journal(row), row.ValueOrNull<Guid>(12), row.ValueOrNull<Guid>(13)), cancellationToken);

    public Task<RecordedHold?> FindHold(Guid id, CancellationToken cancellationToken) => Find(
        $"SELECT {LedgerRows.HoldColumns}, {Owners} FROM ledger.holds WHERE id = $1", id,
        row => new RecordedHold(LedgerRows.Hold(row), row.ValueOrNull<Guid>(12), row.ValueOrNull<Guid>(13)), cancellationToken);

    public Task<ExecutedExchange?> FindExchange(Guid id, CancellationToken cancellationToken) => Find(
        $"SELECT {LedgerRows.ExchangeColumns} FROM ledger.exchanges WHERE id = $1", id, LedgerRows.Exchange, cancellationToken);

    public async Task<RecordedKey?> FindKey(Guid ownerId, string key, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT fingerprint, outcome FROM ledger.idempotency WHERE owner_id = $1 AND key = $2");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = ownerId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? new RecordedKey(row.GetFieldValue<byte[]>(0), ResultText.Read(row.GetString(1)).ToError())
            : null;
    }

    private async Task<T?> Find<T>(string sql, Guid id, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
        where T : class
    {
        await using var command = database.CreateCommand(sql).With(id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? read(reader) : null;
    }
}
