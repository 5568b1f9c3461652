namespace Portico.Application.Common.Paging;

/// <summary>One page of a list, with the cursor of the next page.</summary>
public interface IPage
{
    /// <summary>Opaque; <c>null</c> on the last page.</summary>
    string? NextCursor { get; }
}

/// <summary>One page of a list, with the cursor of the next page.</summary>
/// <param name="Items">The items, at most <c>limit</c>.</param>
/// <param name="NextCursor">Opaque: send it as <c>cursor</c> to get the next page; <c>null</c> on the last page.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor) : IPage;

internal static class Page
{
    /// <summary>
    /// Makes a page of records that were read with one record more than the limit: the extra record shows that there is a next page.
    /// </summary>
    /// <param name="found">The records in the order of the list; at most one more than the limit.</param>
    /// <param name="limit">How many records a page has at most.</param>
    /// <param name="toItem">Makes an item of a record; called once for each record of the page, in their order.</param>
    /// <param name="toCursor">Makes the cursor of the last record of the page; called after all items are made.</param>
    public static Page<TItem> Of<TRecord, TItem>(
        List<TRecord> found, int limit, Func<TRecord, TItem> toItem, Func<TRecord, string> toCursor)
    {
        var items = found.Take(limit).Select(toItem).ToArray();
        return new Page<TItem>(items, found.Count > limit ? toCursor(found[limit - 1]) : null);
    }
}
