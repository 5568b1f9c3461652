using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;

namespace Portico.Application.Common.Records;

/// <summary>The ways to find records. What they leave out is hidden by the filters <see cref="RecordFilters"/>.</summary>
public static class RecordQueries
{
    /// <summary>One record; refused as missing when the filters hide it.</summary>
    public static async Task<Result<TRecord>> Find<TRecord>(this IQueryable<TRecord> records, Guid id, CancellationToken cancellationToken)
        where TRecord : Entity =>
        await records.SingleOrDefaultAsync(record => record.Id == id, cancellationToken) is { } found ? found : RecordErrors.NotFound;

    /// <summary>One record to be changed; refused when the caller has not seen its present version.</summary>
    public static async Task<Result<TRecord>> Find<TRecord>(
        this IQueryable<TRecord> records, Guid id, IfMatch ifMatch, CancellationToken cancellationToken)
        where TRecord : AggregateRoot
    {
        var found = await records.Find(id, cancellationToken);
        return found.IsSuccess && ifMatch.Refuse(found.Value.Version) is { } refusal ? refusal : found;
    }

    /// <summary>The records of everybody: said by use cases that need a permission, and by the system itself.</summary>
    public static IQueryable<TRecord> OfEveryOwner<TRecord>(this IQueryable<TRecord> records)
        where TRecord : class, IOwned => records.IgnoreQueryFilters([RecordFilters.Owner]);

    /// <summary>Deleted records as well.</summary>
    public static IQueryable<TRecord> WithDeleted<TRecord>(this IQueryable<TRecord> records)
        where TRecord : class, ISoftDeletable => records.IgnoreQueryFilters([RecordFilters.SoftDelete]);
}
