using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Domain.Ledger;

/// <summary>
/// The most that may leave a wallet, or all wallets of a user in one currency: at once, in a day and in a month; <c>null</c> is no limit.
/// </summary>
public sealed record SpendingLimit(Money? PerTransfer, Money? PerDay, Money? PerMonth)
{
    public static SpendingLimit None { get; } = new(null, null, null);

    /// <summary>Whether all amounts have this currency.</summary>
    public bool IsIn(Currency currency) =>
        Array.TrueForAll([PerTransfer, PerDay, PerMonth], amount => amount is null || amount.Value.Currency == currency);
}
