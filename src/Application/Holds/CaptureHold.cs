using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Holds;

/// <summary>Moves held money of the caller to the wallet that it is held for: all that is left, or a part; the rest stays held.</summary>
/// <example>{"amount":{"amount":"12.34","currency":"EUR"}}</example>
[Authenticated]
public sealed record CaptureHold : ICommand<HoldDto>, INeedsIdempotencyKey, IOwnTransaction
{
    [JsonIgnore]
    public Guid Id { get; init; }

    /// <summary>The amount to capture; without it, all that is left.</summary>
    public Money? Amount { get; init; }
}

internal sealed class CaptureHoldValidator : AbstractValidator<CaptureHold>
{
    public CaptureHoldValidator() => RuleFor(c => c.Amount).IsAmount();
}

internal sealed class CaptureHoldHandler(LedgerClient ledger) : ICommandHandler<CaptureHold, HoldDto>
{
    public Task<Result<HoldDto>> Handle(CaptureHold command, CancellationToken cancellationToken) =>
        ledger.Execute(new Capture(command.Id, command.Amount) { Id = ledger.NewId() }, HoldDto.Of, cancellationToken);
}
