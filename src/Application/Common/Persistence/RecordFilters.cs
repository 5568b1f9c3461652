namespace Portico.Application.Common.Persistence;

/// <summary>The names of the EF Core query filters that apply to every query unless the query removes them.</summary>
public static class RecordFilters
{
    /// <summary>Hides the records of other users; for every entity that is <c>IOwned</c>.</summary>
    public const string Owner = "Owner";

    /// <summary>Hides deleted records; for every entity that is <c>ISoftDeletable</c>.</summary>
    public const string SoftDelete = "SoftDelete";
}
