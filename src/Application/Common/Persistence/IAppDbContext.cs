using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Domain.Users;

namespace Portico.Application.Common.Persistence;

/// <summary>The records that use cases read and change.</summary>
/// <remarks>What is deleted is hidden by <see cref="SoftDeleteFilter"/>; domain events become outbox rows when changes are saved.</remarks>
public interface IAppDbContext
{
    /// <summary>The named filter that hides what was deleted.</summary>
    const string SoftDeleteFilter = "SoftDelete";

    DbSet<User> Users { get; }

    /// <summary>To be read only: <see cref="IAuditLog"/> writes.</summary>
    IQueryable<AuditEntry> AuditEntries { get; }

    Task<int> SaveChangesAsync(CancellationToken cancellationToken);
}
