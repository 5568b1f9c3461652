using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;

namespace Portico.Application.SpendingLimits;

/// <summary>How much may be spent in one currency, and what was spent in the current day and month of the owner's time zone.</summary>
/// <remarks>Without any limit spending is not counted, and the fields about the day and the month are <c>null</c>.</remarks>
/// <example>
/// {"currency":"EUR","perTransfer":{"amount":"200.00","currency":"EUR"},"perDay":{"amount":"500.00","currency":"EUR"},"perMonth":null,
/// "spentThisDay":{"amount":"120.00","currency":"EUR"},"dayEndsAt":"2026-11-22T23:00:00Z",
/// "spentThisMonth":{"amount":"120.00","currency":"EUR"},"monthEndsAt":"2026-11-30T23:00:00Z"}
/// </example>
public sealed record SpendingLimitDto
{
    public required string Currency { get; init; }

    /// <summary>The largest transfer or hold; <c>null</c> is no limit.</summary>
    public Money? PerTransfer { get; init; }

    /// <summary>The most in a day; <c>null</c> is no limit.</summary>
    public Money? PerDay { get; init; }

    /// <summary>The most in a month; <c>null</c> is no limit.</summary>
    public Money? PerMonth { get; init; }

    public Money? SpentThisDay { get; init; }
    public DateTimeOffset? DayEndsAt { get; init; }
    public Money? SpentThisMonth { get; init; }
    public DateTimeOffset? MonthEndsAt { get; init; }

    public static SpendingLimitDto Of(Spending spending) => new()
    {
        Currency = spending.Day.Spent.Currency.Code,
        PerTransfer = spending.Limit.PerTransfer,
        PerDay = spending.Limit.PerDay,
        PerMonth = spending.Limit.PerMonth,
        SpentThisDay = spending.Day.Spent,
        DayEndsAt = spending.Day.End,
        SpentThisMonth = spending.Month.Spent,
        MonthEndsAt = spending.Month.End,
    };

    /// <summary>The limit of a wallet, which has one or none.</summary>
    internal static SpendingLimitDto OfWallet(IReadOnlyList<Spending> limits, Currency currency) =>
        limits is [var only] ? Of(only) : new SpendingLimitDto { Currency = currency.Code };
}

/// <summary>The spending limits of a user, by currency; each is for all wallets of the currency together.</summary>
/// <example>
/// {"items":[{"currency":"EUR","perTransfer":null,"perDay":{"amount":"500.00","currency":"EUR"},"perMonth":null,
/// "spentThisDay":{"amount":"120.00","currency":"EUR"},"dayEndsAt":"2026-11-22T23:00:00Z",
/// "spentThisMonth":{"amount":"120.00","currency":"EUR"},"monthEndsAt":"2026-11-30T23:00:00Z"}]}
/// </example>
public sealed record SpendingLimitsDto(IReadOnlyList<SpendingLimitDto> Items)
{
    internal static SpendingLimitsDto Of(IEnumerable<Spending> limits) => new([.. limits.Select(SpendingLimitDto.Of)]);
}
