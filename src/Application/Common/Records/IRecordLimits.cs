using Portico.Domain.Common;

namespace Portico.Application.Common.Records;

/// <summary>Limits how many records of one kind a user may own.</summary>
/// <remarks>
/// A limit is exact, also for requests that run at the same time: the caller is locked until the transaction ends. Deleted records count
/// towards a second limit that is ten times as large, so that a user who creates and deletes in turns does not fill the database.
/// </remarks>
public interface IRecordLimits
{
    /// <summary>Returns an error when the caller may not create one more of these records.</summary>
    /// <param name="records">The records of the caller that count.</param>
    /// <param name="tooMany">The error when there are too many.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<Error?> RefuseNew<TRecord>(IQueryable<TRecord> records, Error tooMany, CancellationToken cancellationToken)
        where TRecord : OwnedRecord;

    /// <summary>Returns an error when the caller may not restore one more of these records.</summary>
    /// <param name="records">The records of the caller that count.</param>
    /// <param name="tooMany">The error when there are too many.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<Error?> RefuseRestored<TRecord>(IQueryable<TRecord> records, Error tooMany, CancellationToken cancellationToken)
        where TRecord : OwnedRecord;

    /// <summary>Locks the caller until the transaction ends, so that a count of other records of the caller is exact.</summary>
    /// <returns>An error when the account is deleted.</returns>
    Task<Error?> LockCaller(CancellationToken cancellationToken);
}
