using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Application.Common;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;
using Portico.Infrastructure.Persistence.Outbox;

namespace Portico.Infrastructure.Persistence;

internal sealed class EfTransaction(AppDbContext db, IEnumerable<ICommitObserver> observers) : ITransaction
{
    private const int MaxTries = 4;

    private readonly List<Func<CancellationToken, Task>> _afterCommit = [];

    public void AfterCommit(Func<CancellationToken, Task> work) => _afterCommit.Add(work);

    public async Task<TResult> Run<TResult>(Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        for (var @try = 1; ; @try++)
        {
            TResult result;
            try
            {
                result = await RunOnce(work, cancellationToken);
            }
            catch (Exception failure) when (UniqueKeys.Refusal(failure) is { } refusal)
            {
                return TResult.Refuse(refusal);
            }
            catch (Exception failure) when (IsRace(failure))
            {
                if (@try == MaxTries)
                    return TResult.Refuse(CommonErrors.ConcurrentChange);
                continue;
            }
            finally
            {
                // What was read belongs to a transaction that is over.
                db.ChangeTracker.Clear();
            }

            if (result.Error is null)
                await RunAfterCommit(cancellationToken);
            return result;
        }
    }

    private async Task<TResult> RunOnce<TResult>(Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        _afterCommit.Clear();
        db.Written.Clear();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var result = await work(cancellationToken);
        if (result.Error is not null)
            return result;

        await db.SaveChangesAsync(cancellationToken);
        try
        {
            await transaction.CommitAsync(cancellationToken);
        }
        finally
        {
            // After a failure too: whether such a commit happened is not known.
            foreach (var observer in observers)
                await observer.Committed(db.Written);
        }

        return result;
    }

    private async Task RunAfterCommit(CancellationToken cancellationToken)
    {
        foreach (var work in _afterCommit.ToArray())
            await work(cancellationToken);
    }

    private static bool IsRace(Exception failure) =>
        failure is DbUpdateConcurrencyException ||
        ((failure as PostgresException ?? failure.InnerException as PostgresException) is { } refused && (refused.SqlState
            is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            // Another writer has told of the same version of an aggregate first.
            || refused is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: OutboxMessageConfiguration.AggregateKey }));
}
