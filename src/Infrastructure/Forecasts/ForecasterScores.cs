using Microsoft.EntityFrameworkCore;
using Portico.Domain.Forecasts;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Forecasts;

/// <summary>The scores of the users, which settled forecasts change.</summary>
public static class ForecasterScores
{
    /// <summary>Adds the settled forecasts of one sports event to the scores of their users.</summary>
    public static Task<int> Add(AppDbContext db, IEnumerable<Forecast> settled, CancellationToken cancellationToken)
    {
        // In the order of the keys, so that two batches with the same users don't cause a deadlock.
        var scored = settled.OrderBy(f => f.OwnerId).ToArray();
        var people = scored.Select(f => f.OwnerId).ToArray();
        var points = scored.Select(f => f.Points!.Value).ToArray();
        return db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO forecaster_scores (user_id, points, forecasts)
            SELECT person, points, 1 FROM unnest({people}, {points}) AS batch (person, points) ORDER BY person
            ON CONFLICT (user_id) DO UPDATE
                SET points = forecaster_scores.points + excluded.points, forecasts = forecaster_scores.forecasts + 1
            """,
            cancellationToken);
    }
}
