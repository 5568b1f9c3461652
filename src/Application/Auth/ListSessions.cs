using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>Lists the caller's sessions, newest first.</summary>
[Authenticated]
public sealed record ListSessions : IQuery<Page<SessionDto>>;

/// <summary>A session of a user.</summary>
/// <remarks>Device and IP address are those of the sign-in. <c>lastSeenAt</c> is the time of the last refresh.</remarks>
/// <example>
/// {"id":"01a1fc80-7eb8-7b35-888f-84cfb7b2eb34","device":"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
/// "ip":"203.0.113.7","createdAt":"2026-11-21T10:00:00.123Z","lastSeenAt":"2026-11-21T10:05:00.123Z","current":true}
/// </example>
public sealed record SessionDto
{
    public required Guid Id { get; init; }

    /// <summary>The user agent of the client.</summary>
    public required string? Device { get; init; }

    public required string? Ip { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>Whether this is the session of the current request.</summary>
    public required bool Current { get; init; }

    internal static SessionDto Of(LiveSession session, ICurrentUser caller) => new()
    {
        Id = session.Id,
        Device = session.Device,
        Ip = session.IpAddress,
        CreatedAt = session.OpenedAt,
        LastSeenAt = session.LastSeenAt,
        Current = session.Id == caller.Claims?.SessionId,
    };
}

internal sealed class ListSessionsHandler(ISessions sessions, ICurrentUser user) : IQueryHandler<ListSessions, Page<SessionDto>>
{
    public async Task<Result<Page<SessionDto>>> Handle(ListSessions query, CancellationToken cancellationToken)
    {
        var live = await sessions.List(user.Id, cancellationToken);
        return new Page<SessionDto>([.. live.Select(session => SessionDto.Of(session, user))], NextCursor: null);
    }
}
