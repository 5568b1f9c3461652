using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Transfers;

/// <summary>Takes money out of any wallet.</summary>
/// <remarks>The counterpart is the system's own cash account of the currency.</remarks>
/// <example>{"walletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","amount":{"amount":"12.34","currency":"EUR"},"description":"Payout"}</example>
[RequirePermission(Permissions.MoneyWithdraw)]
public sealed record WithdrawMoney : ICommand<TransferDto>, INeedsIdempotencyKey, IOwnTransaction
{
    public required Guid WalletId { get; init; }
    public required Money Amount { get; init; }
    public string? Description { get; init; }
}

internal sealed class WithdrawMoneyValidator : AbstractValidator<WithdrawMoney>
{
    public WithdrawMoneyValidator()
    {
        RuleFor(c => c.Amount).IsAmount();
        RuleFor(c => c.Description).IsDescription();
    }
}

internal sealed class WithdrawMoneyHandler(Teller teller) : ICommandHandler<WithdrawMoney, TransferDto>
{
    public Task<Result<TransferDto>> Handle(WithdrawMoney command, CancellationToken cancellationToken) => teller.Carry(
        Movement.Withdrawal(teller.NewId(), teller.CallerId, command.WalletId, command.Amount, command.Description),
        outcome => TransferDto.Of(outcome.Journals[0]),
        cancellationToken);
}
