using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;
using Portico.Domain.Users;
using Portico.Infrastructure.Forecasts;
using Portico.Infrastructure.Postgres;

namespace Portico.Seeder;

/// <summary>Adds sports events with forecasts of demo users: events that are open, that wait for a result, and that are settled.</summary>
/// <remarks>
/// One transaction adds everything, unless the database has an event without a creator, which only the Seeder makes. So changes of managers
/// stay. Only demo users without a higher role have forecasts, because a user with a forecast may not set the result of its event. Like the
/// other demo data, the forecasts raise no events.
/// </remarks>
internal sealed class DemoForecasts(AppDbContext db, ITransaction transaction, TimeProvider clock)
{
    private const int MaxPeople = 40;

    private static readonly string FirstForecaster = $"user{DemoSeed.Domain}";
    private static readonly Outcome[] Outcomes = Enum.GetValues<Outcome>();
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(97);
    private static readonly TimeSpan ClosingTime = TimeSpan.FromHours(18);
    private static readonly TimeSpan Match = TimeSpan.FromHours(3);

    // The days are counted from today. The forecasts follow the announcement at the interval above, and end before the event closes.
    private static readonly (string Title, int Announced, int Closes, Outcome? Result)[] Fixtures =
    [
        ("Ice hockey: Czechia – Sweden", -21, -14, Outcome.Draw),
        ("Football: Japan – Mexico", -14, -7, Outcome.Win1),
        ("Handball: Denmark – France", -9, -1, null),
        ("Rugby: Ireland – New Zealand", -7, 120, null),
        ("Chess: India – Norway", -6, 90, null),
        ("Ice hockey: Finland – Canada", -5, 60, null),
        ("Football: Portugal – Brazil", -4, 30, null),
    ];

    /// <returns>How many sports events and forecasts were added.</returns>
    public async Task<(int Events, int Forecasts)> Run(CancellationToken cancellationToken)
    {
        var added = await transaction.Run<Result<(int Events, int Forecasts)>>(
            async token => await db.Set<SportEvent>().WithDeleted().AnyAsync(about => about.CreatedBy == null, token)
                ? (0, 0)
                : await Add(token),
            cancellationToken);
        db.ChangeTracker.Clear();
        return added.ValueOrThrow();
    }

    private async Task<(int Events, int Forecasts)> Add(CancellationToken cancellationToken)
    {
        var evening = new DateTimeOffset(clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero) + ClosingTime;
        var people = await db.Users.AsNoTracking()
            .Where(user => user.Email!.EndsWith(DemoSeed.Domain) && user.Role == Role.User && user.Status == UserStatus.Active)
            .OrderBy(user => user.Email != FirstForecaster)
            .ThenBy(user => user.Email)
            .Select(user => user.Id)
            .Take(MaxPeople)
            .ToListAsync(cancellationToken);
        var made = 0;
        foreach (var (number, (title, announced, closes, result)) in Fixtures.Index())
        {
            var begin = evening.AddDays(announced);
            var about = SportEvent.Create(title, evening.AddDays(closes), begin);
            var forecasts = Forecasts(about, number, people, begin);
            if (result is { } outcome)
                Settle(about, forecasts, outcome, evening.AddDays(closes) + Match);
            db.Set<SportEvent>().Add(about);
            db.Set<Forecast>().AddRange(forecasts);
            await db.SaveQuietly(cancellationToken);
            // The records were made now; they look like ones of that time.
            await db.Database.ExecuteSqlAsync(
                $"UPDATE events SET created_at = {begin} WHERE id = {about.Id}", cancellationToken);
            await db.Database.ExecuteSqlAsync(
                $"UPDATE forecasts SET created_at = decided_at WHERE event_id = {about.Id}", cancellationToken);
            if (result is not null)
                await ForecasterScores.Add(db, forecasts, cancellationToken);
            made += forecasts.Count;
        }

        return (Fixtures.Length, made);
    }

    private static List<Forecast> Forecasts(SportEvent about, int number, List<Guid> people, DateTimeOffset announced) =>
    [
        .. from person in people.Index()
           let choice = SHA256.HashData([(byte)number, (byte)person.Index])
           // A quarter of the users has no forecast of an event.
           where choice[1] % 4 != 0
           let decided = announced + (Interval * (person.Index + 1))
           select Forecast.Place(person.Item, about, Outcomes[choice[0] % Outcomes.Length], decided).Value,
    ];

    private static void Settle(SportEvent about, List<Forecast> forecasts, Outcome result, DateTimeOffset now)
    {
        about.SetResult(result, now).ValueOrThrow();
        foreach (var forecast in forecasts)
            forecast.Settle(about, now);
        about.FinishSettlement(now);
    }
}
