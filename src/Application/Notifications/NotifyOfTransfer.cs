using Portico.Application.Common.Events;
using Portico.Domain.Ledger;

namespace Portico.Application.Notifications;

/// <summary>Notifies users about money that another user sent to them.</summary>
internal sealed class NotifyOfTransfer(MoneyReceivers receivers) : IEventHandler<TransferPosted>
{
    public static string Name => "notify-of-transfer";

    public Task Handle(EventEnvelope<TransferPosted> envelope, CancellationToken cancellationToken) =>
        receivers.Tell(envelope.Id, envelope.Event.By, envelope.Event.Legs, envelope.Event.RecordedAt, cancellationToken);
}
