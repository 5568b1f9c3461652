using Portico.Application.Common.Events;
using Portico.Domain.Ledger;

namespace Portico.Application.Notifications;

/// <summary>Tells a person that money came into their wallet from outside.</summary>
internal sealed class TellOfDeposit(MoneyReceivers receivers) : IReactTo<MoneyDeposited>
{
    public static string Name => "tell-of-deposit";

    public Task Handle(Occurrence<MoneyDeposited> occurrence, CancellationToken cancellationToken) =>
        receivers.Tell(occurrence.Id, occurrence.Event.By, occurrence.Event.Legs, occurrence.Event.RecordedAt, cancellationToken);
}
