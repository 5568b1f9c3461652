using Portico.Application.Common.Events;
using Portico.Domain.Ledger;

namespace Portico.Application.Notifications;

/// <summary>Tells people that somebody sent them money.</summary>
internal sealed class NotifyOfTransfer(MoneyReceivers receivers) : IEventHandler<TransferPosted>
{
    public static string Name => "notify-of-transfer";

    public Task Handle(EventEnvelope<TransferPosted> envelope, CancellationToken cancellationToken) =>
        receivers.Tell(envelope.Id, envelope.Event.By, envelope.Event.Legs, envelope.Event.RecordedAt, cancellationToken);
}
