using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Sessions;

/// <summary>Counts the sessions that meet conditions and shows some of them: what <see cref="EndMatchingSessions"/> would end.</summary>
[RequirePermission(Permissions.UsersRead)]
public sealed record ListMatchingSessions : SessionConditions, IQuery<MatchingSessionsDto>
{
    /// <summary>How many of the sessions are shown, 1 to 100.</summary>
    public int Limit { get; init; } = IPaged.DefaultLimit;
}

/// <summary>The sessions that meet conditions.</summary>
/// <param name="Count">How many sessions an end with the same conditions would end.</param>
/// <param name="ProtectedCount">
/// How many other sessions meet the conditions: those of the caller, and of users whose role is not lower.
/// </param>
/// <param name="IsComplete">Whether all sessions were counted; otherwise there are more.</param>
/// <param name="Items">Some of the counted sessions, in no order.</param>
/// <example>
/// {"count":1,"protectedCount":0,"isComplete":true,"items":[{"userId":"01a1fc7e-b0b0-7d15-9c3f-5ae82c4c4dd1",
/// "id":"01a1fc80-7eb8-7b35-888f-84cfb7b2eb34","device":"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
/// "ip":"203.0.113.7","createdAt":"2026-11-21T10:00:00.123Z","lastSeenAt":"2026-11-21T10:05:00.123Z"}]}
/// </example>
public sealed record MatchingSessionsDto(int Count, int ProtectedCount, bool IsComplete, IReadOnlyList<UserSessionDto> Items);

/// <summary>A session of any user.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Id">The id of the session.</param>
/// <param name="Device">The user agent of the sign-in.</param>
/// <param name="Ip">The IP address of the sign-in.</param>
/// <param name="CreatedAt">When it was opened.</param>
/// <param name="LastSeenAt">When it was last used.</param>
/// <example>
/// {"userId":"01a1fc7e-b0b0-7d15-9c3f-5ae82c4c4dd1","id":"01a1fc80-7eb8-7b35-888f-84cfb7b2eb34",
/// "device":"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0","ip":"203.0.113.7",
/// "createdAt":"2026-11-21T10:00:00.123Z","lastSeenAt":"2026-11-21T10:05:00.123Z"}
/// </example>
public sealed record UserSessionDto(
    Guid UserId, Guid Id, string? Device, string? Ip, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt)
{
    internal static UserSessionDto Of(FoundSession found) => new(
        found.UserId, found.Session.Id, found.Session.Device, found.Session.IpAddress, found.Session.OpenedAt, found.Session.LastSeenAt);
}

internal sealed class ListMatchingSessionsValidator : AbstractValidator<ListMatchingSessions>
{
    public ListMatchingSessionsValidator()
    {
        this.HasConditions();
        RuleFor(q => q.Limit).InclusiveBetween(1, IPaged.MaxLimit).WithMessage($"1 to {IPaged.MaxLimit} sessions are shown.");
    }
}

internal sealed class ListMatchingSessionsHandler(MatchingSessions matching) : IQueryHandler<ListMatchingSessions, MatchingSessionsDto>
{
    public async Task<Result<MatchingSessionsDto>> Handle(ListMatchingSessions query, CancellationToken cancellationToken)
    {
        var matches = await matching.Find(query, cancellationToken);
        return new MatchingSessionsDto(
            matches.Allowed.Count, matches.Protected, matches.IsComplete,
            [.. matches.Allowed.Take(query.Limit).Select(UserSessionDto.Of)]);
    }
}
