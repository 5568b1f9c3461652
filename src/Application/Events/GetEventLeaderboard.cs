using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;
using Portico.Domain.Users;

namespace Portico.Application.Events;

/// <summary>Lists the forecasters of a sports event: right forecasts first, then by the time of the forecast, earliest first.</summary>
[Authenticated]
[Cached(10)]
[DependsOn(typeof(SportEvent))]
[DependsOn(typeof(User), nameof(User.DisplayName), nameof(User.DeletedAt))]
public sealed record GetEventLeaderboard : PagedQuery<EventRankDto>
{
    public Guid EventId { get; private init; }
    public GetEventLeaderboard Of(Guid eventId) => this with { EventId = eventId };
}

/// <summary>The rank of a forecaster of one sports event.</summary>
/// <example>{"rank":1,"displayName":"Ada Lovelace","outcome":"win1","points":1,"decidedAt":"2026-11-21T10:00:00.123Z"}</example>
public sealed class EventRankDto
{
    public int Rank { get; init; }
    public string DisplayName { get; init; } = "";
    public Outcome Outcome { get; init; }
    public int Points { get; init; }

    /// <summary>When the forecast was placed or last changed.</summary>
    public DateTimeOffset DecidedAt { get; init; }
}

/// <summary>The last forecast of a page, and its rank.</summary>
internal sealed record EventRankPosition(int Points, DateTimeOffset DecidedAt, Guid Id, int Rank) : IBoundedPosition
{
    // The rank of everybody who follows is still a number.
    public bool IsPossible => Points >= 0 && Rank is >= 1 and <= int.MaxValue - IPaged.MaxLimit;
}

internal sealed class GetEventLeaderboardValidator : PagedValidator<GetEventLeaderboard, EventRankPosition>;

internal sealed class GetEventLeaderboardHandler(IAppDbContext db) : IQueryHandler<GetEventLeaderboard, Page<EventRankDto>>
{
    public async Task<Result<Page<EventRankDto>>> Handle(GetEventLeaderboard query, CancellationToken cancellationToken)
    {
        if (!await db.Set<SportEvent>().AnyAsync(e => e.Id == query.EventId, cancellationToken))
            return EventErrors.NotFound;

        var forecasts = db.Set<Forecast>().AsNoTracking().OfEveryOwner().Where(f => f.EventId == query.EventId && f.SettledAt != null);
        var rank = 0;
        if (Cursor.TryRead<EventRankPosition>(query.Cursor, out var last))
        {
            rank = last.Rank;
            forecasts = forecasts.Where(f => f.Points < last.Points || (f.Points == last.Points &&
                (f.DecidedAt > last.DecidedAt || (f.DecidedAt == last.DecidedAt && f.Id > last.Id))));
        }

        var found = await forecasts
            .Join(db.Users, f => f.OwnerId, u => u.Id, (f, u) => new { f.Id, f.Points, f.DecidedAt, f.Outcome, u.DisplayName })
            .OrderByDescending(f => f.Points).ThenBy(f => f.DecidedAt).ThenBy(f => f.Id)
            .Take(query.Limit + 1).ToListAsync(cancellationToken);
        return Page.Of(
            found,
            query.Limit,
            f => new EventRankDto
            {
                Rank = ++rank,
                DisplayName = f.DisplayName,
                Outcome = f.Outcome,
                Points = f.Points!.Value,
                DecidedAt = f.DecidedAt,
            },
            end => Cursor.Write(new EventRankPosition(end.Points!.Value, end.DecidedAt, end.Id, rank)));
    }
}
