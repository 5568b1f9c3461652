using Microsoft.EntityFrameworkCore;
using Portico.Domain.Users;
using Portico.Domain.Wallets;

namespace Portico.Application.Common.Persistence;

/// <summary>The records that use cases read and change.</summary>
/// <remarks>What is deleted is hidden by the filter <c>SoftDelete</c>; domain events become outbox rows when changes are saved.</remarks>
public interface IAppDbContext
{
    DbSet<User> Users { get; }
    DbSet<Wallet> Wallets { get; }

    Task<int> SaveChangesAsync(CancellationToken cancellationToken);
}
