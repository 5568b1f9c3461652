using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;
using Portico.Domain.Users;

namespace Portico.Application.Events;

/// <summary>Lists the forecasters by their points over all sports events, best first.</summary>
[Authenticated]
[Cached(10)]
[DependsOn(typeof(SportEvent))]
[DependsOn(typeof(User), nameof(User.DisplayName), nameof(User.DeletedAt))]
public sealed record GetLeaderboard : PagedQuery<RankDto>;

/// <summary>The rank of a forecaster over all sports events.</summary>
/// <example>{"rank":1,"displayName":"Ada Lovelace","points":17,"forecasts":20}</example>
public sealed class RankDto
{
    /// <summary>1 for the best; equal points have equal ranks.</summary>
    public int Rank { get; init; }

    public string DisplayName { get; init; } = "";

    /// <summary>The number of right forecasts.</summary>
    public int Points { get; init; }

    /// <summary>The number of settled forecasts.</summary>
    public int Forecasts { get; init; }
}

/// <summary>The last forecaster of a page: points, rank and place in the list.</summary>
internal sealed record RankPosition(int Points, Guid UserId, int Rank, int Place) : IBoundedPosition
{
    // The rank of everybody who follows is still a number.
    public bool IsPossible => Points >= 0 && Rank >= 1 && Rank <= Place && Place <= int.MaxValue - IPaged.MaxLimit;
}

internal sealed class GetLeaderboardValidator : PagedValidator<GetLeaderboard, RankPosition>;

internal sealed class GetLeaderboardHandler(IAppDbContext db) : IQueryHandler<GetLeaderboard, Page<RankDto>>
{
    public async Task<Result<Page<RankDto>>> Handle(GetLeaderboard query, CancellationToken cancellationToken)
    {
        var scores = db.Set<ForecasterScore>().AsNoTracking();
        var last = new RankPosition(int.MaxValue, Guid.Empty, 0, 0);
        if (Cursor.TryRead<RankPosition>(query.Cursor, out var read))
        {
            last = read;
            scores = scores.Where(s => s.Points < read.Points || (s.Points == read.Points && s.UserId > read.UserId));
        }

        var found = await scores
            .Join(db.Users, s => s.UserId, u => u.Id, (s, u) => new { s.UserId, s.Points, s.Forecasts, u.DisplayName })
            .OrderByDescending(s => s.Points).ThenBy(s => s.UserId)
            .Take(query.Limit + 1).ToListAsync(cancellationToken);
        return Page.Of(
            found,
            query.Limit,
            score =>
            {
                var place = last.Place + 1;
                last = new RankPosition(score.Points, score.UserId, score.Points == last.Points ? last.Rank : place, place);
                return new RankDto
                {
                    Rank = last.Rank,
                    DisplayName = score.DisplayName,
                    Points = score.Points,
                    Forecasts = score.Forecasts,
                };
            },
            _ => Cursor.Write(last));
    }
}
