using System.Globalization;
using Portico.Domain.Common;

namespace Portico.Domain.Ledger;

/// <summary>A day or a month of a user, and what was spent in it.</summary>
/// <param name="Start">The first instant.</param>
/// <param name="End">The first instant after it.</param>
/// <param name="Spent">What was spent so far.</param>
public sealed record SpendingPeriod(DateTimeOffset Start, DateTimeOffset End, Money Spent)
{
    internal SpendingPeriod Add(Money amount) => Money.TryAdd(Spent, amount, out var sum) ? this with { Spent = sum } : this;

    /// <summary>Takes back what was spent in this period; what was spent before counts in an earlier one.</summary>
    internal SpendingPeriod Return(Money amount, DateTimeOffset spentAt) =>
        spentAt < Start ? this : this with { Spent = amount < Spent ? Spent - amount : Money.Zero(amount.Currency) };
}

/// <summary>A spending limit with what was spent in the current day and month.</summary>
/// <remarks>
/// Transfers and holds count, a hold when it is placed. What a hold releases is given back, if it was placed in the same period. Immutable.
/// </remarks>
public sealed record Spending
{
    /// <summary>The wallet, or the user.</summary>
    public required Guid SubjectId { get; init; }

    public required SpendingLimit Limit { get; init; }
    public required SpendingPeriod Day { get; init; }
    public required SpendingPeriod Month { get; init; }

    /// <summary>Why an amount may not be spent; <c>null</c> when it may.</summary>
    /// <param name="amount">The amount.</param>
    /// <param name="whose">Whose limit it is, as the end of a sentence.</param>
    internal Error? Refuse(Money amount, string whose)
    {
        if (Limit.PerTransfer is { } most && amount > most)
            return LedgerErrors.LimitExceeded($"One transfer or hold {whose} may be at most {most}");

        return Refuse(amount, Limit.PerDay, Day, "day", whose) ?? Refuse(amount, Limit.PerMonth, Month, "month", whose);
    }

    internal Spending Add(Money amount) => this with { Day = Day.Add(amount), Month = Month.Add(amount) };

    internal Spending Return(Money amount, DateTimeOffset spentAt) =>
        this with { Day = Day.Return(amount, spentAt), Month = Month.Return(amount, spentAt) };

    private static Error? Refuse(Money amount, Money? limit, SpendingPeriod period, string name, string whose)
    {
        if (limit is not { } most || (Money.TryAdd(period.Spent, amount, out var sum) && sum <= most))
            return null;

        // A limit that was lowered may be below what was spent.
        var left = period.Spent < most ? most - period.Spent : Money.Zero(most.Currency);
        var end = period.End.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return LedgerErrors.LimitExceeded($"The limit {whose} is {most} a {name}. {left} are left until {end}");
    }
}
