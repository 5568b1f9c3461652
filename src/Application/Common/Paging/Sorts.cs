using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Domain.Common;

namespace Portico.Application.Common.Paging;

/// <summary>A query that returns one page of a list in an order that the caller chooses.</summary>
public interface ISorted : IPaged
{
    /// <summary>The name of a property; a minus before it reverses the order; <c>null</c> for the default order.</summary>
    string? Sort { get; }
}

/// <summary>The sort orders of a list: each by one property, then by id.</summary>
/// <remarks>
/// A cursor holds the value and the id of the last record, so every page costs the same. Properties are never null.
/// </remarks>
internal sealed class Sorts<TRecord>(string usual)
    where TRecord : Entity
{
    private readonly Dictionary<string, Key> _keys = new(StringComparer.Ordinal);

    /// <summary>The names that a caller may choose from.</summary>
    public string Choices => string.Join(", ", _keys.Keys.Order(StringComparer.Ordinal));

    /// <summary>Adds an order by a property, named as in JSON.</summary>
    public Sorts<TRecord> By<TValue>(Expression<Func<TRecord, TValue>> property)
        where TValue : notnull
    {
        _keys.Add(JsonNamingPolicy.CamelCase.ConvertName(((MemberExpression)property.Body).Member.Name), new Key<TValue>(property));
        return this;
    }

    public bool Knows(string? sort) => _keys.ContainsKey(Name(sort));

    /// <summary>Whether the cursor belongs to this list in this order.</summary>
    public bool Accepts(string? sort, string cursor) => TryRead(sort, cursor, out _);

    public async Task<Page<TDto>> Read<TDto>(
        IQueryable<TRecord> records, ISorted query, Func<TRecord, TDto> map, CancellationToken cancellationToken)
    {
        var key = _keys[Name(query.Sort)];
        var isDescending = IsDescending(query.Sort);
        if (query.Cursor is { } cursor && TryRead(query.Sort, cursor, out var position))
            records = key.After(records, position, isDescending);

        // One extra row shows whether there is a next page.
        var found = await key.Order(records, isDescending).Take(query.Limit + 1).ToListAsync(cancellationToken);
        return Page.Of(found, query.Limit, map, last => Write(key, query.Sort, last));
    }

    private string Write(Key key, string? sort, TRecord last) =>
        Cursor.Write(new SortedPosition(typeof(TRecord).Name, sort ?? usual, key.Value(last), last.Id));

    private bool TryRead(string? sort, string cursor, out SortedPosition position) =>
        Cursor.TryRead(cursor, out position!)
            && position.List == typeof(TRecord).Name
            && position.Sort == (sort ?? usual)
            && _keys[Name(sort)].CanRead(position.Value);

    private string Name(string? sort) => IsDescending(sort) ? (sort ?? usual)[1..] : sort ?? usual;

    private bool IsDescending(string? sort) => (sort ?? usual).StartsWith('-');

    private abstract class Key
    {
        public abstract JsonElement Value(TRecord record);

        public abstract bool CanRead(JsonElement value);

        public abstract IQueryable<TRecord> Order(IQueryable<TRecord> records, bool isDescending);

        public abstract IQueryable<TRecord> After(IQueryable<TRecord> records, SortedPosition last, bool isDescending);
    }

    private sealed class Key<TValue>(Expression<Func<TRecord, TValue>> property) : Key
        where TValue : notnull
    {
        private readonly Func<TRecord, TValue> _read = property.Compile();

        public override JsonElement Value(TRecord record) => Cursor.WriteValue(_read(record));

        public override bool CanRead(JsonElement value) => Cursor.TryReadValue<TValue>(value, out _);

        public override IQueryable<TRecord> Order(IQueryable<TRecord> records, bool isDescending) => isDescending
            ? records.OrderByDescending(property).ThenByDescending(record => record.Id)
            : records.OrderBy(property).ThenBy(record => record.Id);

        public override IQueryable<TRecord> After(IQueryable<TRecord> records, SortedPosition last, bool isDescending)
        {
            var record = property.Parameters[0];
            var id = Expression.Property(record, nameof(Entity.Id));
            if (!Cursor.TryReadValue<TValue>(last.Value, out var lastValue))
                throw new ArgumentException("The cursor was not validated.", nameof(last));
            // Fields of objects, so that EF Core makes them parameters and the SQL text stays the same.
            var value = Expression.Field(Expression.Constant(new StrongBox<TValue>(lastValue)), nameof(StrongBox<>.Value));
            var lastId = Expression.Field(Expression.Constant(new StrongBox<Guid>(last.Id)), nameof(StrongBox<>.Value));
            // The first condition bounds the scan of an index, which PostgreSQL can't see in the second.
            var isAfter = Expression.AndAlso(
                Expression.Not(Beyond(value, property.Body, isDescending)),
                Expression.OrElse(
                    Beyond(property.Body, value, isDescending),
                    Expression.AndAlso(Expression.Equal(property.Body, value), Beyond(id, lastId, isDescending))));
            return records.Where(Expression.Lambda<Func<TRecord, bool>>(isAfter, record));
        }

        private static BinaryExpression Beyond(Expression left, Expression right, bool isDescending)
        {
            if (left.Type == typeof(string))
                (left, right) = (Expression.Call(typeof(string), nameof(string.Compare), null, left, right), Expression.Constant(0));
            return isDescending ? Expression.LessThan(left, right) : Expression.GreaterThan(left, right);
        }
    }
}

/// <summary>The last record of a page, with its list and its order.</summary>
internal sealed record SortedPosition(string List, string Sort, JsonElement Value, Guid Id);

/// <summary>
/// Checks that the limit is in range, that the list has the order, and that the cursor belongs to the list in that order.
/// </summary>
internal abstract class SortedValidator<TQuery, TRecord> : AbstractValidator<TQuery>
    where TQuery : ISorted
    where TRecord : Entity
{
    protected SortedValidator(Sorts<TRecord> sorts)
    {
        this.HasLimit();
        RuleFor(q => q.Sort)
            .Must(sorts.Knows)
            .WithMessage($"Sort by one of: {sorts.Choices}; a minus before the name reverses the order.");
        RuleFor(q => q.Cursor)
            .Must((query, cursor) => cursor is null || !sorts.Knows(query.Sort) || sorts.Accepts(query.Sort, cursor))
            .WithMessage(PagedRules.NoCursor);
    }
}
