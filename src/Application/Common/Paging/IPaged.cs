using FluentValidation;
using Portico.Application.Common.Messaging;

namespace Portico.Application.Common.Paging;

/// <summary>A query that returns one page of a list.</summary>
public interface IPaged
{
    const int DefaultLimit = 20;
    const int MaxLimit = 100;

    /// <summary>The maximum number of items of a page: 1 to 100, 20 by default.</summary>
    int Limit { get; }

    /// <summary>The <c>nextCursor</c> of the previous page; <c>null</c> for the first page.</summary>
    string? Cursor { get; }
}

/// <inheritdoc cref="IPaged"/>
public abstract record PagedQuery<T> : IQuery<Page<T>>, IPaged
{
    /// <inheritdoc/>
    public int Limit { get; init; } = IPaged.DefaultLimit;

    /// <inheritdoc/>
    public string? Cursor { get; init; }
}

/// <summary>Checks that the limit is in range and that the cursor belongs to this list.</summary>
internal abstract class PagedValidator<TQuery, TPosition> : AbstractValidator<TQuery>
    where TQuery : IPaged
{
    protected PagedValidator()
    {
        this.HasLimit();
        RuleFor(q => q.Cursor)
            .Must(cursor => cursor is null || Paging.Cursor.TryRead<TPosition>(cursor, out _))
            .WithMessage(PagedRules.NoCursor);
    }
}

internal static class PagedRules
{
    public const string NoCursor = "This is not a cursor of this list. Send the nextCursor of the previous page without a change.";

    /// <summary>Bounds the page of a list that another service keeps; the service itself decides whether the cursor is one.</summary>
    public static void IsPagedByService<TQuery>(this AbstractValidator<TQuery> validator)
        where TQuery : IPaged
    {
        validator.HasLimit();
        validator.RuleFor(q => q.Cursor)
            .Must(cursor => cursor is null || (cursor.Length is > 0 and <= Paging.Cursor.MaxLength && cursor.All(char.IsAscii)))
            .WithMessage(NoCursor);
    }

    public static void HasLimit<TQuery>(this AbstractValidator<TQuery> validator)
        where TQuery : IPaged =>
        validator.RuleFor(q => q.Limit).InclusiveBetween(1, IPaged.MaxLimit).WithMessage($"A page has 1 to {IPaged.MaxLimit} items.");
}
