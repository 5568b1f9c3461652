using Portico.Application.Common;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>A session with the refresh token that continues it.</summary>
/// <param name="UserId">The user of the session.</param>
/// <param name="SessionId">The id of the session.</param>
/// <param name="Version">The user's <see cref="Portico.Domain.Users.User.SessionVersion"/> at the last proof of identity.</param>
/// <param name="RefreshToken">Continues the session.</param>
/// <param name="RefreshLifetime">How long the refresh token is valid.</param>
/// <param name="HasSecondFactor">Whether a second factor was proved in the session.</param>
public sealed record SessionTicket(
    Guid UserId, Guid SessionId, int Version, string RefreshToken, TimeSpan RefreshLifetime, bool HasSecondFactor);

/// <summary>The result of using a refresh token or a cookie: a token, the end of the session because of reuse, or a refusal.</summary>
public readonly record struct Rotation
{
    public SessionTicket? Ticket { get; private init; }

    /// <summary>
    /// The session that reuse has ended. Of all callers who use its tokens one gets this; after 10 s another one gets it, until the
    /// session is ended.
    /// </summary>
    public EndedByReuse? Reused { get; private init; }

    /// <summary>Whether the token was replaced a moment ago, so that the session goes on with a newer one.</summary>
    public bool IsSuperseded { get; private init; }

    public static Rotation Refused => default;

    public static Rotation Superseded => new() { IsSuperseded = true };

    public static Rotation To(SessionTicket ticket) => new() { Ticket = ticket };

    public static Rotation EndedBy(EndedByReuse reuse) => new() { Reused = reuse };
}

/// <summary>A session that ended because one of its refresh tokens was reused.</summary>
public sealed record EndedByReuse(Guid UserId, Guid SessionId);

/// <summary>A session that has not ended, with the device and the address that opened it.</summary>
public sealed record LiveSession(Guid Id, string? Device, string? IpAddress, DateTimeOffset OpenedAt, DateTimeOffset LastSeenAt);

/// <summary>The sessions; each has one current refresh token, and each use replaces it.</summary>
/// <remarks>
/// The previous token still works for 10 s (grace period) and gives the same successor, for tabs that refresh at the same time and
/// for lost answers. An older token in its own grace period is refused, and the session continues; after it, the token counts as stolen
/// and ends the session. A password change leaves no grace: every token before it is refused. Idle lifetime 14 days, absolute lifetime
/// 90 days. While Redis is unavailable every call throws <see cref="Common.DependencyUnavailableException"/>.
/// </remarks>
public interface ISessions
{
    /// <summary>Opens a session.</summary>
    /// <param name="userId">The user of the session.</param>
    /// <param name="version">The user's session version before the proof of identity was checked.</param>
    /// <param name="hasSecondFactor">Whether a second factor was proved.</param>
    /// <param name="client">The client that signs in.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<SessionTicket> Open(Guid userId, int version, bool hasSecondFactor, IClient client, CancellationToken cancellationToken);

    /// <summary>The user whom a refresh token names, without a call; <c>null</c> for a text that this installation did not write.</summary>
    Guid? UserOf(string refreshToken);

    /// <summary>Exchanges a refresh token for the next one.</summary>
    Task<Rotation> Rotate(string refreshToken, CancellationToken cancellationToken);

    /// <summary>Checks the cookie of a session, and extends the idle lifetime of the session.</summary>
    /// <remarks>
    /// The previous cookie is valid until the grace period after the first use of its successor. An older one counts as stolen and ends
    /// the session, like an old refresh token.
    /// </remarks>
    /// <returns>The ticket of the generation of the cookie.</returns>
    Task<Rotation> Resume(string cookie, CancellationToken cancellationToken);

    /// <summary>Announces <see cref="Continue"/>, before the change of the user is committed that makes it necessary.</summary>
    /// <returns>Whether the session exists.</returns>
    Task<bool> Announce(Guid userId, Guid sessionId, CancellationToken cancellationToken);

    /// <summary>
    /// Gives the next refresh token to a session whose user has just proved the identity in another way. All tokens before it are refused.
    /// </summary>
    /// <returns>The successor, or 401 <c>invalid_refresh_token</c> when the session has ended.</returns>
    Task<Result<SessionTicket>> Continue(Guid userId, Guid sessionId, int version, CancellationToken cancellationToken);

    /// <summary>Ends a session with an outdated version, unless <see cref="Continue"/> was announced or has given it the version.</summary>
    /// <returns>Whether the session is ended.</returns>
    Task<bool> EndOutdated(Guid userId, Guid sessionId, int version, CancellationToken cancellationToken);

    /// <summary>The sessions of a user, newest first; at most <c>Sessions:MaxPerUser</c>.</summary>
    Task<IReadOnlyList<LiveSession>> List(Guid userId, CancellationToken cancellationToken);

    /// <summary>Whether the session belongs to the user and has not ended.</summary>
    Task<bool> Exists(Guid userId, Guid sessionId, CancellationToken cancellationToken);

    /// <summary>Ends a session of the user and revokes its access tokens: at once in this process, within 1 s in the others.</summary>
    Task End(Guid userId, Guid sessionId, CancellationToken cancellationToken);

    /// <summary>Whether a session was opened a short time ago, at most <c>Sessions:FreshFor</c>.</summary>
    Task<bool> IsFresh(Guid userId, Guid sessionId, CancellationToken cancellationToken);

    /// <summary>Records that a second factor was proved in a session now.</summary>
    Task ProveSecondFactor(Guid userId, Guid sessionId, CancellationToken cancellationToken);

    /// <summary>Whether a second factor was proved in a session a short time ago, at most <c>Sessions:FreshFor</c>.</summary>
    Task<bool> HasFreshSecondFactor(Guid userId, Guid sessionId, CancellationToken cancellationToken);

    /// <summary>Ends every session of a user, in the same way.</summary>
    Task EndAll(Guid userId, CancellationToken cancellationToken);

    /// <summary>Ends every session of a user except one, in the same way.</summary>
    Task EndOthers(Guid userId, Guid keptSessionId, CancellationToken cancellationToken);
}

/// <summary>Continues and ends sessions after a change of the user was committed.</summary>
internal static class CommittedChanges
{
    /// <summary>Continues the session if Redis is available. The change is already committed, so 503 would be wrong.</summary>
    /// <returns>What <see cref="ISessions.Continue"/> returns, or 401 <c>sign_in_again</c> during an outage.</returns>
    public static async Task<Result<SessionTicket>> ContinueAfterCommit(
        this ISessions sessions, Guid userId, Guid sessionId, int version, CancellationToken cancellationToken)
    {
        try
        {
            return await sessions.Continue(userId, sessionId, version, cancellationToken);
        }
        catch (DependencyUnavailableException)
        {
            return UserErrors.SignInAgain;
        }
    }

    /// <summary>
    /// Records the proof of a second factor if Redis is available. The change is already committed, so 503 would be wrong; the next
    /// change asks for the second factor again.
    /// </summary>
    public static Task ProveSecondFactorAfterCommit(
        this ISessions sessions, Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
        Outages.Ignore(() => sessions.ProveSecondFactor(userId, sessionId, cancellationToken));

    /// <summary>Ends the sessions if Redis is available. The change is already committed, so an outage is no error.</summary>
    /// <remarks>
    /// While Redis is unavailable the sessions stay there, but they are useless: the change has raised the user's session version, which
    /// every refresh compares, and the token version, which every check of an access token compares.
    /// </remarks>
    public static Task EndAfterCommit(this ISessions sessions, Func<ISessions, Task> end) => Outages.Ignore(() => end(sessions));
}
