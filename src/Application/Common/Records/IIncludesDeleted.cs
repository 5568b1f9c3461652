using Portico.Application.Common.Security;

namespace Portico.Application.Common.Records;

/// <summary>A query that shows deleted records, of everybody, to those who have <see cref="Permissions.RecordsReadDeleted"/>.</summary>
public interface IIncludesDeleted
{
    /// <summary>Deleted records instead of those that are there.</summary>
    bool Deleted { get; }
}
