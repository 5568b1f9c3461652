using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Idempotency;

/// <summary>Stores answers in the transaction of the command; its unique index makes a concurrent request with the same key wait.</summary>
/// <remarks>
/// The key is also written into the table of the ledger's keys, so that one key can't be used for money and for something else. That is the
/// last statement before the commit: the ledger, which writes for many callers at once, never waits for a command.
/// </remarks>
internal sealed class IdempotencyStore(AppDbContext db, EfTransaction transaction, UniqueKeys uniqueKeys, TimeProvider clock)
    : IIdempotencyStore
{
    public async Task<(TResult? Result, StoredAnswer? Replay)> Once<TResult>(
        IdempotencyKey key,
        Func<CancellationToken, Task<TResult>> work,
        Func<TResult, StoredAnswer> answerOf,
        CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        // For a stored error the transaction succeeds: the row is committed, and the effect is rolled back to the mark.
        var result = await transaction.Run(token => RunOnce(key, work, answerOf, token), cancellationToken);
        return result.Error is { } refusal ? (TResult.Refuse(refusal), null) : result.Value;
    }

    private async Task<Result<(TResult? Result, StoredAnswer? Replay)>> RunOnce<TResult>(
        IdempotencyKey key,
        Func<CancellationToken, Task<TResult>> work,
        Func<TResult, StoredAnswer> answerOf,
        CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        if (!await Claim(key, cancellationToken))
            return await Replay<TResult>(key, cancellationToken);

        await transaction.Mark(cancellationToken);
        var result = await Work(work, cancellationToken);
        if (!StoredAnswer.IsFinal(result.Error))
            return result.Error!;
        if (result.Error is not null)
            await transaction.RollBackToMark(cancellationToken);

        if (!await Store(key, answerOf(result), cancellationToken))
            return key.Refuse(await FirstInLedger(key, cancellationToken)) ?? IdempotencyErrors.KeyReused;
        return (result, (StoredAnswer?)null);
    }

    private async Task<TResult> Work<TResult>(Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        try
        {
            var result = await work(cancellationToken);
            if (result.Error is null)
                await db.SaveChangesAsync(cancellationToken);
            return result;
        }
        catch (DbUpdateException failure) when (uniqueKeys.ViolatedBy(failure)?.Error is { } refusal)
        {
            return TResult.Refuse(refusal);
        }
    }

    /// <summary>Inserts the key; waits for a running transaction that has inserted the same key.</summary>
    /// <returns>Whether the key is new.</returns>
    private async Task<bool> Claim(IdempotencyKey key, CancellationToken cancellationToken) =>
        await db.CreateCommand(
            "INSERT INTO idempotency_answers (owner_id, key, fingerprint, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .With(key.Owner, key.Value, key.Fingerprint.Bytes, clock.GetUtcNow())
            .Execute(cancellationToken) == 1;

    /// <returns>Whether the ledger has not used the key.</returns>
    private async Task<bool> Store(IdempotencyKey key, StoredAnswer answer, CancellationToken cancellationToken) =>
        await db.CreateCommand(
            $"""
            WITH answered AS (
                UPDATE idempotency_answers SET status = $3, headers = $4, body = $5 WHERE owner_id = $1 AND key = $2
                RETURNING owner_id, key, fingerprint, created_at)
            INSERT INTO ledger.idempotency (owner_id, key, fingerprint, outcome, recorded_at)
            SELECT owner_id, key, fingerprint, '{ResultText.Elsewhere}', created_at FROM answered ON CONFLICT DO NOTHING
            """)
            .With(key.Owner, key.Value, answer.Status, StoredHeaders.Write(answer), answer.Body)
            .Execute(cancellationToken) == 1;

    private async Task<byte[]> FirstInLedger(IdempotencyKey key, CancellationToken cancellationToken) =>
        await db.CreateCommand("SELECT fingerprint FROM ledger.idempotency WHERE owner_id = $1 AND key = $2")
            .With(key.Owner, key.Value).ReadValue(cancellationToken) as byte[] ?? [];

    private async Task<Result<(TResult? Result, StoredAnswer? Replay)>> Replay<TResult>(
        IdempotencyKey key, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        var first = await db.CreateCommand(
            "SELECT fingerprint, status, headers, body FROM idempotency_answers WHERE owner_id = $1 AND key = $2")
            .With(key.Owner, key.Value).ReadFirst(row => RequestKeys.UseOf(key, row), cancellationToken)
            ?? throw new DbUpdateConcurrencyException("The stored answer was deleted while it was read.");
        if (first.Error is { } refusal)
            return refusal;
        return (default(TResult), first.Answer ?? throw new InvalidOperationException("The key was used and has no stored answer."));
    }
}
