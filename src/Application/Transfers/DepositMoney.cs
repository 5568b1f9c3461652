using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Transfers;

/// <summary>Deposits money from outside into any wallet.</summary>
/// <remarks>The other account is the system account for cash in this currency.</remarks>
/// <example>
/// {"walletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","amount":{"amount":"12.34","currency":"EUR"},"description":"Salary"}
/// </example>
[RequirePermission(Permissions.MoneyDeposit)]
public sealed record DepositMoney : CashFields;

internal sealed class DepositMoneyValidator : CashFieldsValidator<DepositMoney>;

internal sealed class DepositMoneyHandler(LedgerClient ledger) : ICommandHandler<DepositMoney, TransferDto>
{
    public Task<Result<TransferDto>> Handle(DepositMoney command, CancellationToken cancellationToken) => ledger.Execute(
        Movement.Deposit(ledger.NewId(), ledger.CallerId, command.WalletId, command.Amount, command.Description),
        TransferDto.Of,
        cancellationToken);
}
