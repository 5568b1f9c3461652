using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Holds;

/// <summary>Voids a hold of the caller; the money that is left is available again.</summary>
[Authenticated]
public sealed record VoidHold(Guid Id) : ICommand<HoldDto>, INeedsIdempotencyKey, IOwnTransaction;

internal sealed class VoidHoldHandler(LedgerClient ledger) : ICommandHandler<VoidHold, HoldDto>
{
    public Task<Result<HoldDto>> Handle(VoidHold command, CancellationToken cancellationToken) =>
        ledger.Execute(new Release(command.Id, Expired: false) { Id = ledger.NewId() }, HoldDto.Of, cancellationToken);
}
