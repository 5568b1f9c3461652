using FluentValidation;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Sessions;

/// <summary>Ends the sessions that meet conditions, of users with a lower role than the caller's.</summary>
/// <example>{"userId":"01a1fc7e-b0b0-7d15-9c3f-5ae82c4c4dd1","lastSeenBefore":"2026-11-01T00:00:00Z","reason":"Not used."}</example>
[RequirePermission(Permissions.UsersManage)]
public sealed record EndMatchingSessions : SessionConditions, ICommand<EndedSessionsDto>, IOwnTransaction
{
    /// <summary>Why, for the audit log: 1 to 500 characters.</summary>
    public required string Reason { get; init; }
}

/// <summary>How many sessions were ended.</summary>
/// <param name="Count">The ended sessions.</param>
/// <param name="IsComplete">Whether these were all; otherwise there are more, and the same request ends them.</param>
/// <example>{"count":42,"isComplete":true}</example>
public sealed record EndedSessionsDto(int Count, bool IsComplete);

internal sealed class EndMatchingSessionsValidator : AbstractValidator<EndMatchingSessions>
{
    public EndMatchingSessionsValidator()
    {
        this.HasConditions();
        RuleFor(c => c.Reason).IsReason();
        RuleFor(c => c.UserId).Must((command, _) => command.HasAny).WithMessage("Give one or more conditions.");
    }
}

internal sealed class EndMatchingSessionsHandler(MatchingSessions matching, ISessions sessions, IAuditLog audit)
    : ICommandHandler<EndMatchingSessions, EndedSessionsDto>
{
    private const int EndedAtOnce = 64;

    public async Task<Result<EndedSessionsDto>> Handle(EndMatchingSessions command, CancellationToken cancellationToken)
    {
        var matches = await matching.Find(command, cancellationToken);
        if (matches.Allowed.Count == 0)
            return new EndedSessionsDto(0, matches.IsComplete);

        // Before the first session ends: a crash in between leaves an entry about too many sessions, never none.
        await audit.AddNow(Note(command, matches.Allowed.Count));
        foreach (var chunk in matches.Allowed.Chunk(EndedAtOnce))
            await Task.WhenAll(chunk.Select(found => sessions.End(found.UserId, found.Session.Id, cancellationToken)));
        return new EndedSessionsDto(matches.Allowed.Count, matches.IsComplete);
    }

    private static AuditNote Note(EndMatchingSessions command, int count) =>
        new AuditNote(AuditActions.SessionsEnded, command.UserId is { } user ? AuditSubject.User(user) : AuditSubject.AllSessions)
            .With("count", count)
            .With("reason", command.Reason.Trim())
            .Changed("openedBefore", null, command.OpenedBefore)
            .Changed("lastSeenBefore", null, command.LastSeenBefore)
            .Changed("ip", null, command.Ip)
            .Changed("device", null, command.Device);
}
