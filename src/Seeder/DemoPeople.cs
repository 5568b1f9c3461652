using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Records;
using Portico.Domain.Currencies;
using Portico.Domain.Wallets;
using Portico.Infrastructure.Postgres;

namespace Portico.Seeder;

/// <summary>The demo users that have a wallet in euros.</summary>
internal static class DemoPeople
{
    /// <returns>The first of them by address, each with their oldest open wallet in euros.</returns>
    public static async Task<List<(Guid Owner, Guid Wallet)>> ReadPeople(
        this AppDbContext db, int count, CancellationToken cancellationToken)
    {
        var euro = Currency.Of("EUR");
        var owners = await db.Users.AsNoTracking()
            .Where(user => user.Email!.EndsWith(DemoSeed.Domain))
            .OrderBy(user => user.Email)
            .Select(user => user.Id)
            .Take(count)
            .ToListAsync(cancellationToken);
        var wallets = await db.Wallets.AsNoTracking()
            .OfEveryOwner()
            .Where(wallet => owners.Contains(wallet.OwnerId) && wallet.Currency == euro && wallet.Status == WalletStatus.Open)
            .OrderBy(wallet => wallet.Id)
            .ToListAsync(cancellationToken);
        var first = wallets.GroupBy(wallet => wallet.OwnerId).ToDictionary(own => own.Key, own => own.First().Id);
        return [.. owners.Where(first.ContainsKey).Select(owner => (owner, first[owner]))];
    }
}
