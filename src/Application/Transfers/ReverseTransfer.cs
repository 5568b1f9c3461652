using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Transfers;

/// <summary>Moves the money of a transfer back: all that is not reversed yet, or a part; in total never more than the transfer.</summary>
/// <example>{"amount":{"amount":"2.34","currency":"EUR"},"description":"Refund of the drinks"}</example>
[RequirePermission(Permissions.MoneyReverse)]
public sealed record ReverseTransfer : ICommand<TransferDto>, INeedsIdempotencyKey, IOwnTransaction
{
    [JsonIgnore]
    public Guid Id { get; init; }

    /// <summary>The amount to reverse; without it, all that is not reversed yet.</summary>
    public Money? Amount { get; init; }

    public string? Description { get; init; }
}

internal sealed class ReverseTransferValidator : AbstractValidator<ReverseTransfer>
{
    public ReverseTransferValidator()
    {
        RuleFor(c => c.Amount).IsAmount();
        RuleFor(c => c.Description).IsDescription();
    }
}

internal sealed class ReverseTransferHandler(LedgerClient ledger) : ICommandHandler<ReverseTransfer, TransferDto>
{
    public Task<Result<TransferDto>> Handle(ReverseTransfer command, CancellationToken cancellationToken) => ledger.Execute(
        new Reversal(command.Id, command.Amount, command.Description) { Id = ledger.NewId() },
        TransferDto.Of,
        cancellationToken);
}
