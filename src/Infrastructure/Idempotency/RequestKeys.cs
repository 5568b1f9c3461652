using Npgsql;
using Portico.Application.Common.Messaging;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Idempotency;

/// <summary>Keeps the keys in the table of the ledger's keys, and the answers where those of other commands are.</summary>
internal sealed class RequestKeys(AppDbContext db, NpgsqlDataSource database, TimeProvider clock) : IRequestKeys
{
    public async Task<KeyUse> Find(IdempotencyKey key, CancellationToken cancellationToken) =>
        await database.CreateCommand(
            """
            SELECT k.fingerprint, a.status, a.headers, a.body FROM ledger.idempotency k
                LEFT JOIN idempotency_answers a ON a.owner_id = k.owner_id AND a.key = k.key AND a.status IS NOT NULL
            WHERE k.owner_id = $1 AND k.key = $2
            """).With(key.Owner, key.Value).ReadFirst(row => UseOf(key, row), cancellationToken)
        ?? new KeyUse(KeyState.Unused);

    /// <summary>Reads a row of fingerprint, status, headers and body.</summary>
    /// <remarks>Without a status only inside the transaction that makes it, and for a key that an earlier version has used.</remarks>
    public static KeyUse UseOf(IdempotencyKey key, NpgsqlDataReader row)
    {
        if (key.Refuse(row.GetFieldValue<byte[]>(0)) is { } refusal)
            return new KeyUse(KeyState.Refused, Error: refusal);
        if (row.IsDBNull(1))
            return new KeyUse(KeyState.Running);
        return new KeyUse(
            KeyState.Answered,
            new StoredAnswer(
                row.GetInt32(1), StoredHeaders.Read(row.GetString(2)), row.IsDBNull(3) ? default : row.GetFieldValue<byte[]>(3)));
    }

    public async Task<bool> Take(IdempotencyKey key, CancellationToken cancellationToken) =>
        await db.CreateCommand(
            $"""
            INSERT INTO ledger.idempotency (owner_id, key, fingerprint, outcome, recorded_at)
            VALUES ($1, $2, $3, '{ResultText.Elsewhere}', $4) ON CONFLICT DO NOTHING
            """).With(key.Owner, key.Value, key.Fingerprint.Bytes, clock.GetUtcNow()).Execute(cancellationToken) == 1;

    public Task Answer(IdempotencyKey key, StoredAnswer answer, CancellationToken cancellationToken) =>
        db.CreateCommand(
            """
            INSERT INTO idempotency_answers (owner_id, key, fingerprint, status, headers, body, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
            """).With(
            key.Owner, key.Value, key.Fingerprint.Bytes, answer.Status, StoredHeaders.Write(answer), answer.Body,
            clock.GetUtcNow()).Execute(cancellationToken);
}
