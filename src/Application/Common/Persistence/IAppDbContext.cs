using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Domain.Users;
using Portico.Domain.Wallets;

namespace Portico.Application.Common.Persistence;

/// <summary>The records that use cases read and change.</summary>
/// <remarks>
/// The filters <see cref="RecordFilters"/> hide deleted records and records of other users. Reading owned records without a signed-in
/// user throws. Domain events become outbox rows when changes are saved.
/// </remarks>
public interface IAppDbContext
{
    DbSet<User> Users { get; }
    DbSet<Wallet> Wallets { get; }

    /// <summary>The audit log, read only: <see cref="IAuditLog"/> writes it.</summary>
    IQueryable<AuditEntry> AuditEntries { get; }

    /// <summary>The records of any configured class.</summary>
    DbSet<TRecord> Set<TRecord>()
        where TRecord : class;

    Task<int> SaveChangesAsync(CancellationToken cancellationToken);
}
