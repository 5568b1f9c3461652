using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Ledger;

/// <summary>Gets the trial balance: the sums of all accounts for each currency, which add up to 0; for administrators.</summary>
[RequirePermission(Permissions.LedgerAudit)]
public sealed record GetTrialBalance : IQuery<TrialBalanceDto>;

/// <summary>The sums of all accounts at one time.</summary>
/// <param name="At">The time.</param>
/// <param name="Balanced">Whether debit and credit are equal in every currency.</param>
/// <param name="Currencies">The currencies with at least one posting, by code.</param>
/// <example>
/// {"at":"2026-11-21T10:00:00.123Z","balanced":true,"currencies":[{"currency":"EUR","balanced":true,"debit":{"amount":"100.00",
/// "currency":"EUR"},"credit":{"amount":"100.00","currency":"EUR"},"accounts":[{"kind":"wallet","count":2,"debit":{"amount":"0.00",
/// "currency":"EUR"},"credit":{"amount":"100.00","currency":"EUR"},"held":{"amount":"7.66","currency":"EUR"}},{"kind":"cash","count":1,
/// "debit":{"amount":"100.00","currency":"EUR"},"credit":{"amount":"0.00","currency":"EUR"},"held":{"amount":"0.00","currency":"EUR"}}]}]}
/// </example>
public sealed record TrialBalanceDto(DateTimeOffset At, bool Balanced, IReadOnlyList<CurrencyBalanceDto> Currencies);

/// <summary>The sums of the accounts of one currency.</summary>
/// <param name="Currency">The code of the currency.</param>
/// <param name="Balanced">Whether debit and credit are equal.</param>
/// <param name="Debit">The sum of all balances below zero, without the sign.</param>
/// <param name="Credit">The sum of all balances above zero: what Portico owes to the owners of the accounts.</param>
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
    /// <summary>The sums of all accounts with at least one posting, in one snapshot.</summary>
    Task<TrialBalanceDto> Read(CancellationToken cancellationToken);
}

internal sealed class GetTrialBalanceHandler(ILedgerSums sums) : IQueryHandler<GetTrialBalance, TrialBalanceDto>
{
    public async Task<Result<TrialBalanceDto>> Handle(GetTrialBalance query, CancellationToken cancellationToken) =>
        await sums.Read(cancellationToken);
}
