using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Users;

namespace Portico.Application.Sessions;

/// <summary>Finds the sessions that the caller may end: those of users with a lower role, and none of the caller.</summary>
internal sealed class MatchingSessions(ISessionSearch search, IAppDbContext db, ICurrentUser caller)
{
    private const int UsersOfAQuery = 1_000;

    /// <summary>Finds the sessions.</summary>
    /// <param name="conditions">Which sessions are meant.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public async Task<Matches> Find(SessionConditions conditions, CancellationToken cancellationToken)
    {
        var found = await search.Find(conditions, cancellationToken);
        var subject = caller.Claims?.Subject;
        // A service account has no rank.
        var rank = await db.Users.Where(u => u.Id == subject && u.Status == UserStatus.Active).Select(u => (Role?)u.Role)
            .SingleOrDefaultAsync(cancellationToken);
        HashSet<Guid> lower = [];
        foreach (var users in rank is null ? [] : found.Items.Select(session => session.UserId).Distinct().Chunk(UsersOfAQuery))
        {
            var roles = await db.Users.WithDeleted().Where(u => users.Contains(u.Id)).Select(u => new { u.Id, u.Role })
                .ToListAsync(cancellationToken);
            lower.UnionWith(roles.Where(u => u.Role < rank).Select(u => u.Id));
        }

        FoundSession[] allowed = [.. found.Items.Where(session => lower.Contains(session.UserId))];
        return new Matches(allowed, found.Items.Count - allowed.Length, found.IsComplete);
    }

    /// <summary>The sessions that the caller may end, and how many others meet the conditions.</summary>
    internal sealed record Matches(IReadOnlyList<FoundSession> Allowed, int Protected, bool IsComplete);
}
