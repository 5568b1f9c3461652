using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;

namespace Portico.Application.Common.Records;

/// <summary>The ways to find records. What they leave out is hidden by the filters <see cref="RecordFilters"/>.</summary>
public static class RecordQueries
{
    /// <summary>Without it named, EF Core lets nothing escape in a pattern.</summary>
    public const string Escape = @"\";

    /// <summary>One record; refused as missing when the filters hide it.</summary>
    public static async Task<Result<TRecord>> Get<TRecord>(this IQueryable<TRecord> records, Guid id, CancellationToken cancellationToken)
        where TRecord : Entity =>
        await records.SingleOrDefaultAsync(record => record.Id == id, cancellationToken) is { } found ? found : RecordErrors.NotFound;

    /// <summary>One record to be changed; refused when the caller has not seen its present version.</summary>
    public static async Task<Result<TRecord>> Get<TRecord>(
        this IQueryable<TRecord> records, Guid id, IfMatch ifMatch, CancellationToken cancellationToken)
        where TRecord : AggregateRoot
    {
        var found = await records.Get(id, cancellationToken);
        return found.IsSuccess && ifMatch.Refuse(found.Value.Version) is { } refusal ? refusal : found;
    }

    /// <summary>The records of everybody: said by use cases that need a permission, and by the system itself.</summary>
    public static IQueryable<TRecord> OfEveryOwner<TRecord>(this IQueryable<TRecord> records)
        where TRecord : class, IOwned => records.IgnoreQueryFilters([RecordFilters.Owner]);

    /// <summary>Deleted records as well.</summary>
    public static IQueryable<TRecord> WithDeleted<TRecord>(this IQueryable<TRecord> records)
        where TRecord : class, ISoftDeletable => records.IgnoreQueryFilters([RecordFilters.SoftDelete]);

    /// <summary>The caller's own records, or the deleted ones of everybody when the query asks for these.</summary>
    public static IQueryable<TRecord> Shown<TRecord>(this IQueryable<TRecord> records, IIncludesDeleted query)
        where TRecord : OwnedRecord =>
            query.Deleted ? records.OfEveryOwner().WithDeleted().Where(record => record.DeletedAt != null) : records;

    /// <summary>Those whose text contains what is searched for, in any case.</summary>
    public static IQueryable<TRecord> Containing<TRecord>(
        this IQueryable<TRecord> records, Expression<Func<TRecord, string>> text, string searched)
    {
        var pattern = $"%{Literally(searched)}%";
        Expression<Func<string, bool>> matches = value => EF.Functions.Like(value.ToLower(), pattern, Escape);
        return records.Where(Expression.Lambda<Func<TRecord, bool>>(
            new Replaced(matches.Parameters[0], text.Body).Visit(matches.Body)!, text.Parameters));
    }

    /// <summary>A pattern for <c>LIKE … ESCAPE</c> <see cref="Escape"/> that this text alone matches, in lower case.</summary>
    public static string Literally(string searched) => searched.ToLowerInvariant()
        .Replace(@"\", @"\\", StringComparison.Ordinal)
        .Replace("%", @"\%", StringComparison.Ordinal)
        .Replace("_", @"\_", StringComparison.Ordinal);

    private sealed class Replaced(Expression old, Expression by) : ExpressionVisitor
    {
        public override Expression? Visit(Expression? node) => node == old ? by : base.Visit(node);
    }
}
