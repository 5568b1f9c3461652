using Portico.Application.Common.Events;
using Portico.Domain.Ledger;

namespace Portico.Application.Notifications;

/// <summary>Tells people that somebody sent them money.</summary>
internal sealed class TellOfTransfer(MoneyReceivers receivers) : IReactTo<TransferPosted>
{
    public static string Name => "tell-of-transfer";

    public Task Handle(Occurrence<TransferPosted> occurrence, CancellationToken cancellationToken) =>
        receivers.Tell(occurrence.Id, occurrence.Event.By, occurrence.Event.Legs, occurrence.Event.RecordedAt, cancellationToken);
}
