using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Ledger;

/// <summary>The books of each currency: what is owed to people, where it is, and that both are the same, for administrators.</summary>
[RequirePermission(Permissions.LedgerAudit)]
public sealed record GetTrialBalance : IQuery<TrialBalanceDto>;

/// <summary>The sums of all accounts at one instant.</summary>
/// <param name="At">The instant.</param>
/// <param name="Balanced">Whether debit and credit are the same in every currency.</param>
/// <param name="Currencies">Those that there are accounts with entries in, by code.</param>
/// <example>
/// {"at":"2026-11-21T10:00:00.123Z","balanced":true,"currencies":[{"currency":"EUR","balanced":true,"debit":{"amount":"100.00",
/// "currency":"EUR"},"credit":{"amount":"100.00","currency":"EUR"},"accounts":[{"kind":"wallet","count":2,"debit":{"amount":"0.00",
/// "currency":"EUR"},"credit":{"amount":"100.00","currency":"EUR"},"held":{"amount":"7.66","currency":"EUR"}},{"kind":"cash","count":1,
/// "debit":{"amount":"100.00","currency":"EUR"},"credit":{"amount":"0.00","currency":"EUR"},"held":{"amount":"0.00","currency":"EUR"}}]}]}
/// </example>
public sealed record TrialBalanceDto(DateTimeOffset At, bool Balanced, IReadOnlyList<CurrencyBalanceDto> Currencies);

/// <summary>The sums of the accounts of one currency.</summary>
/// <param name="Currency">Its code.</param>
/// <param name="Balanced">Whether debit and credit are the same.</param>
/// <param name="Debit">The sum of all balances below zero, without their sign.</param>
/// <param name="Credit">The sum of all balances above zero: what is owed to those whose accounts they are.</param>
/// <param name="Accounts">The sums of each kind of account.</param>
/// <example>
/// {"currency":"EUR","balanced":true,"debit":{"amount":"100.00","currency":"EUR"},"credit":{"amount":"100.00","currency":"EUR"},
/// "accounts":[]}
/// </example>
public sealed record CurrencyBalanceDto(string Currency, bool Balanced, Money Debit, Money Credit, IReadOnlyList<KindBalanceDto> Accounts);

/// <summary>The sums of the accounts of one kind and currency.</summary>
/// <example>
/// {"kind":"wallet","count":2,"debit":{"amount":"0.00","currency":"EUR"},"credit":{"amount":"100.00","currency":"EUR"},
/// "held":{"amount":"7.66","currency":"EUR"}}
/// </example>
public sealed record KindBalanceDto(AccountKind Kind, long Count, Money Debit, Money Credit, Money Held);

/// <summary>Adds up the accounts of the ledger.</summary>
public interface ILedgerSums
{
    /// <summary>The sums of all accounts that were ever posted to, in one snapshot.</summary>
    Task<TrialBalanceDto> Read(CancellationToken cancellationToken);
}

internal sealed class GetTrialBalanceHandler(ILedgerSums sums) : IQueryHandler<GetTrialBalance, TrialBalanceDto>
{
    public async Task<Result<TrialBalanceDto>> Handle(GetTrialBalance query, CancellationToken cancellationToken) =>
        await sums.Read(cancellationToken);
}
