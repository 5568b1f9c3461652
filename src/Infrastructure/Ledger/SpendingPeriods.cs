using NodaTime;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Ledger;

/// <summary>The days and months of a user, in which spending adds up.</summary>
/// <remarks>
/// A period that has begun keeps its end when the user changes the time zone. The next one begins then, and is no shorter than a day or a
/// month, so that nobody gets more of them by moving between time zones.
/// </remarks>
internal static class SpendingPeriods
{
    // A day is an hour shorter, and a month begins with a weekend less, where clocks are put forward.
    private static readonly PeriodKind Days = new(date => date, date => date.PlusDays(1), TimeSpan.FromHours(23));
    private static readonly PeriodKind Months = new(
        date => new LocalDate(date.Year, date.Month, 1), date => date.PlusMonths(1), TimeSpan.FromDays(28) - TimeSpan.FromHours(1));

    /// <summary>
    /// The spending with the periods of an instant: one that is over is replaced by the current one, in which nothing is spent.
    /// </summary>
    public static Spending Renew(Spending spending, string timeZone, DateTimeOffset now)
    {
        if (now < spending.Day.End && now < spending.Month.End)
            return spending;

        var zone = Find(timeZone);
        return spending with { Day = Renew(spending.Day, now, zone, Days), Month = Renew(spending.Month, now, zone, Months) };
    }

    /// <summary>The day and the month of an instant, with nothing spent.</summary>
    public static (SpendingPeriod Day, SpendingPeriod Month) At(string timeZone, DateTimeOffset now, Money zero)
    {
        var zone = Find(timeZone);
        var before = new SpendingPeriod(DateTimeOffset.MinValue, DateTimeOffset.MinValue, zero);
        return (Renew(before, now, zone, Days), Renew(before, now, zone, Months));
    }

    private static SpendingPeriod Renew(SpendingPeriod before, DateTimeOffset now, DateTimeZone zone, PeriodKind kind)
    {
        if (now < before.End)
            return before;

        var begin = kind.First(Instant.FromDateTimeOffset(now).InZone(zone).Date);
        var (start, end, following) = (StartOf(begin, zone), StartOf(kind.Next(begin), zone), kind.Next(begin));
        if (start < before.End)
        {
            start = before.End;
            while (end < start + kind.Shortest)
                (following, end) = (kind.Next(following), StartOf(kind.Next(following), zone));
        }

        return new SpendingPeriod(start, end, Money.Zero(before.Spent.Currency));
    }

    // A name that a later version of the database no longer has.
    private static DateTimeZone Find(string name) =>
        DateTimeZoneProviders.Tzdb.GetZoneOrNull(name) ?? DateTimeZoneProviders.Tzdb[User.DefaultTimeZone];

    private static DateTimeOffset StartOf(LocalDate date, DateTimeZone zone) => zone.AtStartOfDay(date).ToInstant().ToDateTimeOffset();

    /// <summary>A day or a month: where the one of a date begins, where the next one begins, and how short one can be.</summary>
    private sealed record PeriodKind(Func<LocalDate, LocalDate> First, Func<LocalDate, LocalDate> Next, TimeSpan Shortest);
}
