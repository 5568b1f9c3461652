using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;

namespace Portico.Application.Common.Records;

/// <summary>Queries that find records. The filters <see cref="RecordFilters"/> apply unless a method removes one.</summary>
public static class RecordQueries
{
    /// <summary>The escape character of LIKE patterns; EF Core has none by default.</summary>
    public const string Escape = @"\";

    /// <summary>Finds one record; 404 when there is none or the filters hide it.</summary>
    public static async Task<Result<TRecord>> Get<TRecord>(this IQueryable<TRecord> records, Guid id, CancellationToken cancellationToken)
        where TRecord : Entity =>
        await records.SingleOrDefaultAsync(record => record.Id == id, cancellationToken) is { } found ? found : RecordErrors.NotFound;

    /// <summary>Finds one record to change; an error when the caller does not name its current version.</summary>
    public static async Task<Result<TRecord>> Get<TRecord>(
        this IQueryable<TRecord> records, Guid id, IfMatch ifMatch, CancellationToken cancellationToken)
        where TRecord : AggregateRoot
    {
        var found = await records.Get(id, cancellationToken);
        return found.IsSuccess && ifMatch.Refuse(found.Value.Version) is { } refusal ? refusal : found;
    }

    /// <summary>The records of all users: for use cases that need a permission, and for the system itself.</summary>
    public static IQueryable<TRecord> OfEveryOwner<TRecord>(this IQueryable<TRecord> records)
        where TRecord : class, IOwned => records.IgnoreQueryFilters([RecordFilters.Owner]);

    /// <summary>Includes deleted records.</summary>
    public static IQueryable<TRecord> WithDeleted<TRecord>(this IQueryable<TRecord> records)
        where TRecord : class, ISoftDeletable => records.IgnoreQueryFilters([RecordFilters.SoftDelete]);

    /// <summary>The caller's own records, or the deleted records of all users when the query asks for them.</summary>
    public static IQueryable<TRecord> Shown<TRecord>(this IQueryable<TRecord> records, IIncludesDeleted query)
        where TRecord : OwnedRecord =>
            query.Deleted ? records.OfEveryOwner().WithDeleted().Where(record => record.DeletedAt != null) : records;

    /// <summary>The records whose text contains the searched text, in upper or lower case.</summary>
    public static IQueryable<TRecord> Containing<TRecord>(
        this IQueryable<TRecord> records, Expression<Func<TRecord, string>> text, string searched)
    {
        var pattern = $"%{Literally(searched)}%";
        Expression<Func<string, bool>> matches = value => EF.Functions.Like(value.ToLower(), pattern, Escape);
        return records.Where(Expression.Lambda<Func<TRecord, bool>>(
            ReplacingExpressionVisitor.Replace(matches.Parameters[0], text.Body, matches.Body), text.Parameters));
    }

    /// <summary>Makes a pattern for <c>LIKE … ESCAPE</c> <see cref="Escape"/> that matches only this text, in lower case.</summary>
    public static string Literally(string searched) => searched.ToLowerInvariant()
        .Replace(@"\", @"\\", StringComparison.Ordinal)
        .Replace("%", @"\%", StringComparison.Ordinal)
        .Replace("_", @"\_", StringComparison.Ordinal);
}
