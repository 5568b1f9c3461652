using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Transfers;

/// <summary>Withdraws money from any wallet.</summary>
/// <remarks>The other account is the system account for cash in this currency.</remarks>
/// <example>
/// {"walletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","amount":{"amount":"12.34","currency":"EUR"},"description":"Payout"}
/// </example>
[RequirePermission(Permissions.MoneyWithdraw)]
public sealed record WithdrawMoney : CashFields;

internal sealed class WithdrawMoneyValidator : CashFieldsValidator<WithdrawMoney>;

internal sealed class WithdrawMoneyHandler(LedgerClient ledger) : ICommandHandler<WithdrawMoney, TransferDto>
{
    public Task<Result<TransferDto>> Handle(WithdrawMoney command, CancellationToken cancellationToken) => ledger.Execute(
        Movement.Withdrawal(ledger.NewId(), ledger.CallerId, command.WalletId, command.Amount, command.Description),
        TransferDto.Of,
        cancellationToken);
}
