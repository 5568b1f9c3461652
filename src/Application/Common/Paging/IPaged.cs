using FluentValidation;

namespace Portico.Application.Common.Paging;

/// <summary>A query that is answered page by page.</summary>
public interface IPaged
{
    const int DefaultLimit = 20;
    const int MaxLimit = 100;

    /// <summary>How many items a page has at most.</summary>
    int Limit { get; }

    /// <summary>The <c>nextCursor</c> of the page before; <c>null</c> for the first page.</summary>
    string? Cursor { get; }
}

internal static class PagedRules
{
    public const string NoCursor = "This is no cursor of this list. Take nextCursor of the page before, as it is.";

    /// <summary>The limit is within bounds and the cursor is one that this list gave out.</summary>
    public static void IsPaged<TQuery, TPosition>(this AbstractValidator<TQuery> validator)
        where TQuery : IPaged
    {
        validator.HasLimit();
        validator.RuleFor(q => q.Cursor)
            .Must(cursor => cursor is null || Paging.Cursor.TryRead<TPosition>(cursor, out _))
            .WithMessage(NoCursor);
    }

    public static void HasLimit<TQuery>(this AbstractValidator<TQuery> validator)
        where TQuery : IPaged =>
        validator.RuleFor(q => q.Limit).InclusiveBetween(1, IPaged.MaxLimit).WithMessage($"A page has 1 to {IPaged.MaxLimit} items.");
}
