using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Application.Common.Security;
using Portico.Domain.Currencies;
using Portico.Domain.Users;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Seeder;

/// <summary>Makes the reference tables equal to the code: adds missing rows, changes different rows, removes obsolete rows.</summary>
internal sealed class ReferenceSeed(AppDbContext db, NpgsqlDataSource database, TimeProvider clock)
{
    public async Task Run(TextWriter output, CancellationToken cancellationToken)
    {
        var roles = Enum.GetValues<Role>();
        await Equalise(roles.Select(role => new RoleRow(role, (int)role)), row => row.Name, remove: false, cancellationToken);
        await Equalise(Permissions.All.Select(name => new PermissionRow(name)), row => row.Name, remove: true, cancellationToken);
        await Equalise(
            roles.SelectMany(role => Permissions.Of(role), (role, permission) => new RolePermissionRow(role, permission)),
            row => row, remove: true, cancellationToken);
        // Wallets may still have money in a currency that the code no longer offers.
        await Equalise(
            Currency.All.Select(currency => new CurrencyRow(currency.Code, currency.Name, (short)currency.Decimals)),
            row => row.Code, remove: false, cancellationToken);

        var changes = await db.SaveChangesAsync(cancellationToken);
        changes += await AccountRows.EnsureSystemAccounts(database, clock.GetUtcNow(), cancellationToken);
        await output.WriteLineAsync($"reference: {changes} changes");
    }

    private async Task Equalise<TRow, TKey>(
        IEnumerable<TRow> wanted, Func<TRow, TKey> key, bool remove, CancellationToken cancellationToken)
        where TRow : class
        where TKey : notnull
    {
        var present = (await db.Set<TRow>().ToListAsync(cancellationToken)).ToDictionary(key);
        foreach (var row in wanted)
        {
            if (!present.Remove(key(row), out var old))
                db.Add(row);
            else if (!old.Equals(row))
                db.Entry(old).CurrentValues.SetValues(row);
        }

        if (remove)
            db.RemoveRange(present.Values);
    }
}
