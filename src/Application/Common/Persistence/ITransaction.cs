using Portico.Domain.Common;

namespace Portico.Application.Common.Persistence;

/// <summary>Runs work in one database transaction: saves and commits what succeeds, rolls back what is refused or throws.</summary>
/// <remarks>
/// Serialisation failures, deadlocks and lost updates are tried again at most 3 times, on a cleared change tracker,
/// so the work must start from what it reads. After that the answer is a conflict.
/// </remarks>
public interface ITransaction
{
    Task<TResult> Run<TResult>(Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : IResult<TResult>;

    /// <summary>Has something done as soon as the transaction that is open is committed, and only then.</summary>
    /// <remarks>When that fails so does the request, and the change stays.</remarks>
    void AfterCommit(Func<CancellationToken, Task> work);
}
