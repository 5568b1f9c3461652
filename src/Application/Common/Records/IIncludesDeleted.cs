using Portico.Application.Common.Security;

namespace Portico.Application.Common.Records;

/// <summary>A query that can return deleted records of all users; this needs <see cref="Permissions.RecordsReadDeleted"/>.</summary>
public interface IIncludesDeleted
{
    /// <summary>Returns deleted records instead of the others.</summary>
    bool Deleted { get; }
}
