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
    private static readonly TimeSpan ShortestDay = TimeSpan.FromHours(23);
    private static readonly TimeSpan ShortestMonth = TimeSpan.FromDays(28) - TimeSpan.FromHours(1);

    /// <summary>
    /// The spending with the periods of an instant: one that is over is replaced by the current one, in which nothing is spent.
    /// </summary>
    public static Spending Renew(Spending spending, string timeZone, DateTimeOffset now)
    {
        if (now < spending.Day.End && now < spending.Month.End)
            return spending;

        var zone = Find(timeZone);
        return spending with
        {
            Day = Renew(spending.Day, now, zone, FirstDay, NextDay, ShortestDay),
            Month = Renew(spending.Month, now, zone, FirstOfMonth, NextMonth, ShortestMonth),
        };
    }

    /// <summary>The day and the month of an instant, with nothing spent.</summary>
    public static (SpendingPeriod Day, SpendingPeriod Month) At(string timeZone, DateTimeOffset now, Money zero)
    {
        var zone = Find(timeZone);
        var before = new SpendingPeriod(DateTimeOffset.MinValue, DateTimeOffset.MinValue, zero);
        return (
            Renew(before, now, zone, FirstDay, NextDay, TimeSpan.Zero), Renew(before, now, zone, FirstOfMonth, NextMonth, TimeSpan.Zero));
    }

    private static SpendingPeriod Renew(
        SpendingPeriod before, DateTimeOffset now, DateTimeZone zone, Func<LocalDate, LocalDate> first, Func<LocalDate, LocalDate> next,
        TimeSpan shortest)
    {
        if (now < before.End)
            return before;

        var begin = first(Instant.FromDateTimeOffset(now).InZone(zone).Date);
        var (start, end, following) = (StartOf(begin, zone), StartOf(next(begin), zone), next(begin));
        if (start < before.End)
        {
            start = before.End;
            while (end < start + shortest)
                (following, end) = (next(following), StartOf(next(following), zone));
        }

        return new SpendingPeriod(start, end, Money.Zero(before.Spent.Currency));
    }

    // A name that a later version of the database no longer has.
    private static DateTimeZone Find(string name) =>
        DateTimeZoneProviders.Tzdb.GetZoneOrNull(name) ?? DateTimeZoneProviders.Tzdb[User.DefaultTimeZone];

    private static DateTimeOffset StartOf(LocalDate date, DateTimeZone zone) => zone.AtStartOfDay(date).ToInstant().ToDateTimeOffset();

    private static LocalDate FirstDay(LocalDate date) => date;

    private static LocalDate NextDay(LocalDate date) => date.PlusDays(1);

    private static LocalDate FirstOfMonth(LocalDate date) => new(date.Year, date.Month, 1);

    private static LocalDate NextMonth(LocalDate date) => date.PlusMonths(1);
}
