using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Application.Common;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Postgres;

/// <summary>Runs a command in a transaction, and again after a conflict with another transaction, up to four times.</summary>
internal sealed class EfTransaction(AppDbContext db, UniqueKeys uniqueKeys, IEnumerable<ICommitObserver> observers) : ITransaction
{
    private const int MaxTries = 4;

    private const string Savepoint = "marked";

    private readonly List<Func<CancellationToken, Task>> _afterCommit = [];
    private (int AfterCommit, int Written) _marked;

    public void AfterCommit(Func<CancellationToken, Task> work) => _afterCommit.Add(work);

    /// <summary>Marks what the open transaction has done so far; one mark replaces the one before it.</summary>
    public Task Mark(CancellationToken cancellationToken)
    {
        _marked = (_afterCommit.Count, db.Written.Count);
        return db.Database.CurrentTransaction!.CreateSavepointAsync(Savepoint, cancellationToken);
    }

    /// <summary>Undoes everything after the mark, and forgets the work that was to run after the commit because of it.</summary>
    public Task RollBackToMark(CancellationToken cancellationToken)
    {
        db.ChangeTracker.Clear();
        _afterCommit.RemoveRange(_marked.AfterCommit, _afterCommit.Count - _marked.AfterCommit);
        db.Written.RemoveRange(_marked.Written, db.Written.Count - _marked.Written);
        return db.Database.CurrentTransaction!.RollbackToSavepointAsync(Savepoint, cancellationToken);
    }

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
            catch (Exception failure) when (uniqueKeys.ViolatedBy(failure)?.Error is { } error)
            {
                return TResult.Refuse(error);
            }
            catch (Exception failure) when (IsRace(failure))
            {
                if (@try == MaxTries)
                    return TResult.Refuse(CommonErrors.ConcurrentChange);
                continue;
            }
            finally
            {
                // The tracked records belong to a transaction that has ended.
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
            // Also after a failure, because then it is unknown whether the commit happened.
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

    private bool IsRace(Exception failure) =>
        failure is DbUpdateConcurrencyException
        || uniqueKeys.ViolatedBy(failure) is { Error: null }
        || Causes.Of(failure).OfType<PostgresException>().Any(
            error => error.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected);
}
