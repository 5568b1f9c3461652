using Portico.Domain.Common;

namespace Portico.Application.Common.Persistence;

/// <summary>Runs work in one database transaction: commits after success, rolls back after an error or an exception.</summary>
/// <remarks>
/// After a serialisation failure, a deadlock or a lost update the work runs again, at most 3 times, on a cleared change tracker. So the
/// work must read everything it uses. After that the result is a conflict.
/// </remarks>
public interface ITransaction
{
    Task<TResult> Run<TResult>(Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : IResult<TResult>;

    /// <summary>Runs work after the commit of the open transaction; not after a rollback.</summary>
    /// <remarks>If this work fails, the request fails too, but the change stays committed.</remarks>
    void AfterCommit(Func<CancellationToken, Task> work);
}
