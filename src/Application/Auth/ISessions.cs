using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>A session with the refresh token that continues it.</summary>
public sealed record SessionTicket(Guid UserId, Guid SessionId, string RefreshToken, TimeSpan RefreshLifetime);

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

    /// <summary>Gives the next pair of tokens to a session whose owner has just proved who they are in another way; the refresh token before it is now the last but one.</summary>
    /// <returns>The successor, or 401 <c>invalid_refresh_token</c> when the session has ended.</returns>
    Task<Result<SessionTicket>> Continue(Guid userId, Guid sessionId, CancellationToken cancellationToken);

    /// <summary>Ends a session and refuses its access tokens: at once in this process, within 1 s in the others.</summary>
    Task End(Guid userId, Guid sessionId, CancellationToken cancellationToken);

    /// <summary>Ends every session of a person, in the same way.</summary>
    Task EndAll(Guid userId, CancellationToken cancellationToken);

    /// <summary>Ends every session of a person but one, in the same way.</summary>
    Task EndOthers(Guid userId, Guid sessionId, CancellationToken cancellationToken);
}

/// <summary>The sessions that ended while access tokens of theirs were still alive.</summary>
public interface IEndedSessions
{
    /// <summary>Whether the session has ended, from memory: a token check costs no round trip.</summary>
    bool Contains(Guid sessionId);
}
