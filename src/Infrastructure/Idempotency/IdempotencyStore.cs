using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Idempotency;

/// <summary>Stores answers in the transaction of the command; its unique index makes a concurrent request with the same key wait.</summary>
internal sealed class IdempotencyStore(
    AppDbContext db, ITransaction transaction, UniqueKeys uniqueKeys, AnswerJson json, TimeProvider clock) : IIdempotencyStore
{
    private const string BeforeWork = "before_work";

    public async Task<(TResult Answer, bool IsReplay)> Once<TResult>(
        IdempotencyKey key, Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        // For a stored error the transaction succeeds: the row is committed, and the effect is rolled back to the savepoint.
        var outcome = await transaction.Run(token => RunOnce(key, work, token), cancellationToken);
        return outcome.Error is { } refusal ? (TResult.Refuse(refusal), false) : outcome.Value;
    }

    private async Task<Result<(TResult Answer, bool IsReplay)>> RunOnce<TResult>(
        IdempotencyKey key, Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        if (!await Claim(key, cancellationToken))
            return await Replay<TResult>(key, cancellationToken);

        await db.Database.CurrentTransaction!.CreateSavepointAsync(BeforeWork, cancellationToken);
        var answer = await Work(work, cancellationToken);
        if (!StoredAnswer.IsFinal(answer.Error))
            return answer.Error!;
        if (answer.Error is not null)
        {
            db.ChangeTracker.Clear();
            await db.Database.CurrentTransaction!.RollbackToSavepointAsync(BeforeWork, cancellationToken);
        }

        await Execute(
            "UPDATE kept_answers SET answer = $3 WHERE owner_id = $1 AND key = $2",
            [key.Owner, key.Value, json.Write(answer)],
            cancellationToken);
        return (answer, false);
    }

    private async Task<TResult> Work<TResult>(Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        try
        {
            var answer = await work(cancellationToken);
            if (answer.Error is null)
                await db.SaveChangesAsync(cancellationToken);
            return answer;
        }
        catch (DbUpdateException failure) when (uniqueKeys.ViolatedBy(failure)?.Error is { } refusal)
        {
            return TResult.Refuse(refusal);
        }
    }

    /// <summary>Inserts the key; waits for a running transaction that has inserted the same key.</summary>
    /// <returns>Whether the key is new.</returns>
    private async Task<bool> Claim(IdempotencyKey key, CancellationToken cancellationToken) => await Execute(
        "INSERT INTO kept_answers (owner_id, key, fingerprint, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        [key.Owner, key.Value, key.Fingerprint.ToArray(), clock.GetUtcNow()],
        cancellationToken) == 1;

    private async Task<Result<(TResult Answer, bool IsReplay)>> Replay<TResult>(IdempotencyKey key, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        var kept = await db.Set<StoredAnswerRow>()
            .AsNoTracking()
            .SingleOrDefaultAsync(a => a.OwnerId == key.Owner && a.Key == key.Value, cancellationToken)
            ?? throw new DbUpdateConcurrencyException("The stored answer was deleted while it was read.");
        return kept.Fingerprint.AsSpan().SequenceEqual(key.Fingerprint.Span)
            ? (json.Read<TResult>(kept.Answer!), true)
            : IdempotencyErrors.KeyReused;
    }

    private async Task<int> Execute(string sql, object[] values, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, (NpgsqlConnection)db.Database.GetDbConnection());
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
