using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Application.Common;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;
using Portico.Domain.Wallets;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Users;

/// <summary>Counts the caller's records under a lock of the caller.</summary>
internal sealed class RecordLimits(AppDbContext db, ICurrentUser caller, UserSettings settings) : IRecordLimits
{
    private const int DeletedFactor = 10;
    private const string LockSql = "SELECT 1 FROM users WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE";

    public async Task<Error?> RefuseNew<TRecord>(IQueryable<TRecord> records, Error tooMany, CancellationToken cancellationToken)
        where TRecord : OwnedRecord
    {
        var max = MaxOf<TRecord>();
        return await LockAndCount(records, cancellationToken) is not var (live, all) ? CommonErrors.Unauthenticated
            : live >= max || all >= max * DeletedFactor ? tooMany
            : null;
    }

    public async Task<Error?> RefuseRestored<TRecord>(IQueryable<TRecord> records, Error tooMany, CancellationToken cancellationToken)
        where TRecord : OwnedRecord =>
        await LockAndCount(records, cancellationToken) is not var (live, _) ? CommonErrors.Unauthenticated
            : live >= MaxOf<TRecord>() ? tooMany
            : null;

    public async Task<Error?> LockCaller(CancellationToken cancellationToken) =>
        await db.CreateCommand(LockSql).With(caller.Id).ReadValue(cancellationToken) is null ? CommonErrors.Unauthenticated : null;

    /// <summary>Locks the caller, and then counts the records, in one round trip: each is one of every creation.</summary>
    /// <remarks>
    /// The lock waits for other requests of the caller, and for a deletion of the account, but not for inserts that only refer to the user.
    /// The count is a statement of its own, so that it sees what others have committed while the lock waited.
    /// </remarks>
    /// <returns>The numbers without and with the deleted records; <c>null</c> when the account is deleted.</returns>
    private async Task<(int Live, int All)?> LockAndCount<TRecord>(IQueryable<TRecord> records, CancellationToken cancellationToken)
        where TRecord : OwnedRecord
    {
        await using var count = records.WithDeleted()
            .GroupBy(_ => true)
            .Select(own => new { Live = own.Count(record => record.DeletedAt == null), All = own.Count() })
            .CreateDbCommand();
        var counting = new NpgsqlBatchCommand(count.CommandText);
        foreach (NpgsqlParameter parameter in count.Parameters)
            counting.Parameters.Add(parameter.Clone());
        await using var batch = new NpgsqlBatch(db.Connection())
        {
            BatchCommands = { new NpgsqlBatchCommand(LockSql).With(caller.Id), counting },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return null;
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt32(0), reader.GetInt32(1)) : (0, 0);
    }

    private int MaxOf<TRecord>() => typeof(TRecord) == typeof(Wallet) ? settings.MaxWallets
        : typeof(TRecord) == typeof(Forecast) ? settings.MaxForecasts
        : settings.MaxRecords;
}
