using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>A session with the refresh token that continues it.</summary>
public sealed record SessionTicket(Guid UserId, Guid SessionId, string RefreshToken, TimeSpan RefreshLifetime);

/// <summary>A session that has not ended, by what its client said of itself when it was opened.</summary>
public sealed record LiveSession(Guid Id, string? Device, string? IpAddress, DateTimeOffset OpenedAt, DateTimeOffset LastSeenAt);

/// <summary>Sessions: each lives on one refresh token at a time, which every use replaces.</summary>
/// <remarks>
/// The token before the last still works for 10 s and gives the same successor, for tabs that refresh together and answers
/// that got lost; an older one, or a later use, is theft and ends the session. Idle life 14 days, absolute life 90 days.
/// While Redis is away every call throws <see cref="Common.DependencyUnavailableException"/>.
/// </remarks>
public interface ISessions
{
    Task<SessionTicket> Open(Guid userId, IClient client, CancellationToken cancellationToken);

    /// <returns>The successor, or 401 <c>invalid_refresh_token</c>.</returns>
    Task<Result<SessionTicket>> Rotate(string refreshToken, CancellationToken cancellationToken);

    /// <summary>A person's sessions, the newest first; at most <c>Sessions:MaxPerUser</c>.</summary>
    Task<IReadOnlyList<LiveSession>> List(Guid userId, CancellationToken cancellationToken);

    /// <summary>Whether the session is one of the person's and has not ended.</summary>
    Task<bool> Exists(Guid userId, Guid sessionId, CancellationToken cancellationToken);

    /// <summary>Ends a session of the person's and refuses its access tokens: at once in this process, within 1 s in the others.</summary>
    Task End(Guid userId, Guid sessionId, CancellationToken cancellationToken);

    /// <summary>Ends every session of a person, in the same way.</summary>
    Task EndAll(Guid userId, CancellationToken cancellationToken);

    /// <summary>Ends every session of a person but one, in the same way.</summary>
    Task EndOthers(Guid userId, Guid keptSessionId, CancellationToken cancellationToken);
}

/// <summary>The sessions that ended while access tokens of theirs were still alive.</summary>
public interface IEndedSessions
{
    /// <summary>Whether the session has ended, from memory: a token check costs no round trip.</summary>
    bool Contains(Guid sessionId);
}
