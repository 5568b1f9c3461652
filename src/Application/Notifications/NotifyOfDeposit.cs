using Portico.Application.Common.Events;
using Portico.Domain.Ledger;

namespace Portico.Application.Notifications;

/// <summary>Notifies a user about a deposit into a wallet.</summary>
internal sealed class NotifyOfDeposit(MoneyReceivers receivers) : IEventHandler<MoneyDeposited>
{
    public static string Name => "notify-of-deposit";

    public Task Handle(EventEnvelope<MoneyDeposited> envelope, CancellationToken cancellationToken) =>
        receivers.Tell(envelope.Id, envelope.Event.By, envelope.Event.Legs, envelope.Event.RecordedAt, cancellationToken);
}
