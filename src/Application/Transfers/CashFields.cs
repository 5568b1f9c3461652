using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Ledger;
using Portico.Domain.Common;

namespace Portico.Application.Transfers;

/// <summary>The fields of a deposit and of a withdrawal.</summary>
/// <remarks>The other account is the system account for cash in this currency.</remarks>
public abstract record CashFields : ICommand<TransferDto>, INeedsIdempotencyKey, IOwnTransaction
{
    public required Guid WalletId { get; init; }
    public required Money Amount { get; init; }
    public string? Description { get; init; }
}

internal abstract class CashFieldsValidator<TRequest> : AbstractValidator<TRequest>
    where TRequest : CashFields
{
    protected CashFieldsValidator()
    {
        RuleFor(c => c.Amount).IsAmount();
        RuleFor(c => c.Description).IsDescription();
    }
}
