using Portico.Application.Auth;

namespace Portico.Application.Sessions;

/// <summary>A session and its user.</summary>
public sealed record FoundSession(Guid UserId, LiveSession Session);

/// <summary>The sessions that meet conditions.</summary>
/// <param name="Items">The sessions, in no order.</param>
/// <param name="IsComplete">Whether these are all of them.</param>
public sealed record FoundSessions(IReadOnlyList<FoundSession> Items, bool IsComplete);

/// <summary>Finds sessions of all users.</summary>
/// <remarks>
/// Sessions have no index but the user, so every session is looked at unless a user is named: at most a million, and at most 10,000 are
/// found. One search at a time in a process.
/// </remarks>
public interface ISessionSearch
{
    /// <summary>Finds the sessions that meet the conditions.</summary>
    /// <exception cref="Common.DependencyUnavailableException">Redis is unavailable.</exception>
    Task<FoundSessions> Find(SessionConditions conditions, CancellationToken cancellationToken);
}
