namespace Portico.Application.Common.Persistence;

/// <summary>The names of the filters that every query passes unless it says otherwise.</summary>
public static class RecordFilters
{
    /// <summary>Hides the records of other people, from every entity that is <c>IOwned</c>.</summary>
    public const string Owner = "Owner";

    /// <summary>Hides what was deleted, from every entity that is <c>ISoftDeletable</c>.</summary>
    public const string SoftDelete = "SoftDelete";
}
