using NodaTime;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Ledger;

namespace Portico.Application.UnitTests.Ledger;

/// <summary>The days and months in which spending adds up.</summary>
public sealed class SpendingPeriodsTests
{
    private static readonly Currency Euro = Currency.Of("EUR");

    [Theory]
    [InlineData(
        "UTC", "2026-11-27T10:00:00Z", "2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z", "2026-11-01T00:00:00Z",
        "2026-12-01T00:00:00Z")]
    [InlineData(
        "Asia/Tokyo", "2026-12-31T16:00:00Z", "2026-12-31T15:00:00Z", "2027-01-01T15:00:00Z", "2026-12-31T15:00:00Z",
        "2027-01-31T15:00:00Z")]
    // Clocks are put forward on this day, and back on the next one.
    [InlineData(
        "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-02-28T23:00:00Z",
        "2026-03-31T22:00:00Z")]
    [InlineData(
        "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-09-30T22:00:00Z",
        "2026-10-31T23:00:00Z")]
    // Midnight does not exist on the day on which clocks are put forward at midnight.
    [InlineData(
        "America/Santiago", "2026-09-06T12:00:00Z", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z", "2026-09-01T04:00:00Z",
        "2026-10-01T03:00:00Z")]
    [InlineData(
        "Nowhere/Atlantis", "2026-11-27T10:00:00Z", "2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z", "2026-11-01T00:00:00Z",
        "2026-12-01T00:00:00Z")]
    public void Are_those_of_the_calendar_in_the_time_zone(
        string zone, string now, string dayStart, string dayEnd, string monthStart, string monthEnd)
    {
        var (day, month) = SpendingPeriods.At(zone, At(now), Money.Zero(Euro));

        Assert.Equal((At(dayStart), At(dayEnd)), (day.Start, day.End));
        Assert.Equal((At(monthStart), At(monthEnd)), (month.Start, month.End));
    }

    [Fact]
    public void Spending_begins_at_zero_when_a_period_is_over()
    {
        var spent = Spent("UTC", "2026-11-30T10:00:00Z");

        Assert.Same(spent, SpendingPeriods.Renew(spent, "UTC", At("2026-11-30T23:59:59Z")));
        var next = SpendingPeriods.Renew(spent, "UTC", At("2026-12-01T00:00:00Z"));
        Assert.Equal((0m, 0m), (next.Day.Spent.Amount, next.Month.Spent.Amount));
        var sameMonth = SpendingPeriods.Renew(Spent("UTC", "2026-11-29T10:00:00Z"), "UTC", At("2026-11-30T10:00:00Z"));
        Assert.Equal((0m, 5m), (sameMonth.Day.Spent.Amount, sameMonth.Month.Spent.Amount));
    }

    [Fact]
    public void A_clock_that_goes_back_opens_no_new_period()
    {
        var spent = Spent("UTC", "2026-12-01T00:30:00Z");

        Assert.Same(spent, SpendingPeriods.Renew(spent, "UTC", At("2026-11-30T23:30:00Z")));
    }

    [Fact]
    public void Nobody_gets_more_periods_by_moving_between_time_zones()
    {
        var random = new Random(20261127);
        var zones = DateTimeZoneProviders.Tzdb.Ids.ToArray();
        var now = At("2026-01-01T00:00:00Z");
        var spending = Spent("UTC", "2026-01-01T00:00:00Z");
        var (days, months) = (new HashSet<DateTimeOffset>(), new HashSet<DateTimeOffset>());
        for (var n = 0; n < 20_000; n++)
        {
            now += TimeSpan.FromMinutes(random.Next(0, 60));
            spending = SpendingPeriods.Renew(spending, zones[random.Next(zones.Length)], now);
            Assert.True(spending.Day.Start <= now && now < spending.Day.End && spending.Month.Start <= now && now < spending.Month.End);
            days.Add(spending.Day.Start);
            months.Add(spending.Month.Start);
        }

        var length = (now - At("2026-01-01T00:00:00Z")).TotalDays;
        Assert.InRange(days.Count, 1, (length * 24 / 23) + 2);
        Assert.InRange(months.Count, 1, (length / 27.9) + 2);
    }

    private static Spending Spent(string zone, string now)
    {
        var (day, month) = SpendingPeriods.At(zone, At(now), Money.Zero(Euro));
        var five = Money.Of(5m, Euro);
        return new Spending
        {
            SubjectId = Guid.CreateVersion7(),
            Limit = new SpendingLimit(null, five, five),
            Day = day with { Spent = five },
            Month = month with { Spent = five },
        };
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text);
}
