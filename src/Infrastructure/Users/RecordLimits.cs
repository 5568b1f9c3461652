using Microsoft.EntityFrameworkCore;
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

    public async Task<Error?> RefuseNew<TRecord>(IQueryable<TRecord> records, Error tooMany, CancellationToken cancellationToken)
        where TRecord : OwnedRecord
    {
        if (await Lock(cancellationToken) is { } gone)
            return gone;

        // Both numbers at once: each statement is a round trip of every creation.
        var counts = await records.WithDeleted()
            .GroupBy(_ => true)
            .Select(own => new { All = own.Count(), Live = own.Count(record => record.DeletedAt == null) })
            .SingleOrDefaultAsync(cancellationToken);
        var max = MaxOf<TRecord>();
        return counts is not null && (counts.Live >= max || counts.All >= max * DeletedFactor) ? tooMany : null;
    }

    public async Task<Error?> RefuseRestored<TRecord>(IQueryable<TRecord> records, Error tooMany, CancellationToken cancellationToken)
        where TRecord : OwnedRecord =>
        await Lock(cancellationToken) ?? (await IsFull(records, MaxOf<TRecord>(), cancellationToken) ? tooMany : null);

    // Waits for other requests of the caller, and for a deletion of the account, but not for inserts that only refer to the user.
    private async Task<Error?> Lock(CancellationToken cancellationToken)
    {
        var isThere = await db.Users.FromSql($"SELECT * FROM users WHERE id = {caller.Id} FOR NO KEY UPDATE")
            .AsNoTracking()
            .AnyAsync(cancellationToken);
        return isThere ? null : CommonErrors.Unauthenticated;
    }

    // A statement of its own, after the lock, so that it sees what others have committed meanwhile.
    private static async Task<bool> IsFull<TRecord>(IQueryable<TRecord> records, int max, CancellationToken cancellationToken) =>
        await records.Take(max).CountAsync(cancellationToken) == max;

    private int MaxOf<TRecord>() => typeof(TRecord) == typeof(Wallet) ? settings.MaxWallets
        : typeof(TRecord) == typeof(Forecast) ? settings.MaxForecasts
        : settings.MaxRecords;
}
