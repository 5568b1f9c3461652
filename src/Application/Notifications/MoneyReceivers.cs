using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Events;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Notifications;

/// <summary>Notifies the users whose wallets got money from another user, once for all amounts of one event.</summary>
internal sealed class MoneyReceivers(INotificationQueue notifications, IAppDbContext db)
{
    /// <summary>Queues the notifications.</summary>
    /// <param name="eventId">The id of the event.</param>
    /// <param name="by">The user who moved the money; this user gets no notification.</param>
    /// <param name="legs">The amounts that were moved.</param>
    /// <param name="at">When it happened.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task Tell(Guid eventId, Guid? by, IEnumerable<MovedMoney> legs, DateTimeOffset at, CancellationToken cancellationToken)
    {
        // System accounts are not wallets, so the query does not find them.
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

/// <summary>Notifies users about money that another user sent to them.</summary>
internal sealed class NotifyOfTransfer(MoneyReceivers receivers) : IEventHandler<TransferPosted>
{
    public static string Name => "notify-of-transfer";

    public Task Handle(EventEnvelope<TransferPosted> envelope, CancellationToken cancellationToken) =>
        receivers.Tell(envelope.Id, envelope.Event.By, envelope.Event.Legs, envelope.Event.RecordedAt, cancellationToken);
}

/// <summary>Notifies a user about a deposit into a wallet.</summary>
internal sealed class NotifyOfDeposit(MoneyReceivers receivers) : IEventHandler<MoneyDeposited>
{
    public static string Name => "notify-of-deposit";

    public Task Handle(EventEnvelope<MoneyDeposited> envelope, CancellationToken cancellationToken) =>
        receivers.Tell(envelope.Id, envelope.Event.By, envelope.Event.Legs, envelope.Event.RecordedAt, cancellationToken);
}
