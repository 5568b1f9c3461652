using Portico.Application.Common;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>A session with the refresh token that continues it.</summary>
/// <param name="UserId">Whose it is.</param>
/// <param name="SessionId">Which one.</param>
/// <param name="Version">The person's <see cref="Portico.Domain.Users.User.SessionVersion"/> when they last proved who they are.</param>
/// <param name="RefreshToken">Continues it.</param>
/// <param name="RefreshLifetime">How long it can be continued.</param>
public sealed record SessionTicket(Guid UserId, Guid SessionId, int Version, string RefreshToken, TimeSpan RefreshLifetime);

/// <summary>What came of the use of a refresh token: a successor, the end of a session whose token was used twice, or nothing.</summary>
public readonly record struct Rotation
{
    public SessionTicket? Ticket { get; private init; }

    /// <summary>
    /// The session that a second use has ended. It is told to one of those who use its tokens, again after 10 s as long as it has not been
    /// ended.
    /// </summary>
    public EndedByReuse? Reused { get; private init; }

    public static Rotation Refused => default;

    public static Rotation To(SessionTicket ticket) => new() { Ticket = ticket };

    public static Rotation EndedBy(EndedByReuse reuse) => new() { Reused = reuse };
}

/// <summary>A session that ended because a refresh token of it was used twice.</summary>
public sealed record EndedByReuse(Guid UserId, Guid SessionId);

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
    /// <param name="userId">Whose it is.</param>
    /// <param name="version">The person's session version before their proof was judged.</param>
    /// <param name="client">Where they are.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<SessionTicket> Open(Guid userId, int version, IClient client, CancellationToken cancellationToken);

    Task<Rotation> Rotate(string refreshToken, CancellationToken cancellationToken);

    /// <summary>
    /// Gives the next pair of tokens to a session whose owner has just proved who they are in another way; the refresh token before it is
    /// now the last but one.
    /// </summary>
    /// <returns>The successor, or 401 <c>invalid_refresh_token</c> when the session has ended.</returns>
    Task<Result<SessionTicket>> Continue(Guid userId, Guid sessionId, int version, CancellationToken cancellationToken);

    /// <summary>The session version that the session carries now; <c>null</c> when it has ended.</summary>
    Task<int?> FindVersion(Guid userId, Guid sessionId, CancellationToken cancellationToken);

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
public interface IRevokedSessions
{
    /// <summary>Whether the session has ended as of 1 s ago at most, from memory: a token check costs no round trip.</summary>
    ValueTask<bool> Contains(Guid sessionId, CancellationToken cancellationToken);
}

/// <summary>Ends sessions after a change of the person was committed.</summary>
internal static class CommittedChanges
{
    /// <summary>Ends what can be ended now. The change stands whatever Redis says, so it is answered as committed.</summary>
    /// <remarks>
    /// While Redis is away the sessions stay there, and are of no use: the change has raised the person's version, which every refresh
    /// compares, and their epoch, which every access token is compared with.
    /// </remarks>
    public static async Task EndAfterCommit(this ISessions sessions, Func<ISessions, Task> end)
    {
        try
        {
            await end(sessions);
        }
        catch (DependencyUnavailableException)
        {
            // See the remarks.
        }
    }
}
