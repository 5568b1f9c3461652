using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Notifications;

/// <summary>Writes to everybody whose wallets got money from somebody else, once for all that came together.</summary>
internal sealed class MoneyReceivers(INotificationQueue notifications, IAppDbContext db)
{
    /// <param name="eventId">What the letters tell of.</param>
    /// <param name="by">Who moved the money; what they moved to themselves is no news to them.</param>
    /// <param name="legs">What was moved.</param>
    /// <param name="at">When.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task Tell(Guid eventId, Guid? by, IEnumerable<MovedMoney> legs, DateTimeOffset at, CancellationToken cancellationToken)
    {
        // Accounts of the system are nobody's wallets, and so drop out.
        var received = legs.ToLookup(leg => leg.ToAccountId, leg => leg.Amount);
        var wallets = received.Select(account => account.Key).ToArray();
        var owners = await db.Wallets.OfEveryOwner().WithDeleted().AsNoTracking()
            .Where(wallet => wallets.Contains(wallet.Id) && wallet.OwnerId != by)
            .Select(wallet => new { wallet.Id, wallet.OwnerId })
            .ToArrayAsync(cancellationToken);
        foreach (var owner in owners.GroupBy(wallet => wallet.OwnerId))
        {
            var sums = owner.SelectMany(wallet => received[wallet.Id]).GroupBy(amount => amount.Currency).Select(Sum);
            await notifications.Enqueue(eventId, owner.Key, Notification.MoneyReceived(string.Join(", ", sums), at), cancellationToken);
        }
    }

    private static string Sum(IEnumerable<Money> amounts)
    {
        var sum = amounts.Aggregate((left, right) => left + right);
        return $"{sum.Text} {sum.Currency.Code}";
    }
}
