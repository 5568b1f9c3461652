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

    public Task<RecordedKey?> FindKey(Guid ownerId, string key, CancellationToken cancellationToken) =>
        database.CreateCommand("SELECT fingerprint, outcome FROM ledger.idempotency WHERE owner_id = $1 AND key = $2")
            .With(ownerId, key)
            .ReadFirst(
                row => new RecordedKey(row.GetFieldValue<byte[]>(0), ResultText.Read(row.GetString(1)).ToError()), cancellationToken);

    private Task<T?> Find<T>(string sql, Guid id, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        database.CreateCommand(sql).With(id).ReadFirst(read, cancellationToken);
}
