using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Domain.Users;
using Portico.Domain.Wallets;

namespace Portico.Application.Common.Persistence;

/// <summary>The records that use cases read and change.</summary>
/// <remarks>
/// What is deleted and what is somebody else's is hidden by <see cref="RecordFilters"/>; an owned record that is read while nobody
/// is signed in throws. Domain events become outbox rows when changes are saved.
/// </remarks>
public interface IAppDbContext
{
    DbSet<User> Users { get; }
    DbSet<Wallet> Wallets { get; }

    /// <summary>To be read only: <see cref="IAuditLog"/> writes.</summary>
    IQueryable<AuditEntry> AuditEntries { get; }

    /// <summary>The records of any configured class.</summary>
    DbSet<TRecord> Set<TRecord>()
        where TRecord : class;

    Task<int> SaveChangesAsync(CancellationToken cancellationToken);
}
