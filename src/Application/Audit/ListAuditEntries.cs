using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Json;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Audit;

/// <summary>Lists the audit log, newest entries first; for administrators.</summary>
[RequirePermission(Permissions.AuditRead)]
public sealed record ListAuditEntries : PagedQuery<AuditEntryDto>
{
    /// <summary>The id of the user who did it.</summary>
    public Guid? Actor { get; init; }

    /// <summary>The id of a user: only what the user did, and what was done to the user.</summary>
    public Guid? Person { get; init; }

    /// <summary>The id of the user or the thing that was changed, 1 to 100 characters.</summary>
    public string? Subject { get; init; }

    /// <summary>What was done, for example <c>user.blocked</c>; 1 to 100 characters.</summary>
    public string? Action { get; init; }

    /// <summary>Only entries at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only entries before this time.</summary>
    public DateTimeOffset? To { get; init; }
}

/// <summary>The last entry of a page; ids sort by time.</summary>
internal sealed record AuditPosition(Guid Id);

internal sealed class ListAuditEntriesValidator : PagedValidator<ListAuditEntries, AuditPosition>
{
    private const int MaxTextLength = 100;

    public ListAuditEntriesValidator()
    {
        RuleFor(q => q.Subject).Must(IsText).WithMessage($"An id has 1 to {MaxTextLength} characters.");
        RuleFor(q => q.Action).Must(IsText).WithMessage($"An action has 1 to {MaxTextLength} characters.");
        RuleFor(q => q.To).IsLaterThanFrom(q => q.From);
    }

    private static bool IsText(string? text) =>
        text is null || (text.Length is > 0 and <= MaxTextLength && TextConverter.IsStorable(text));
}

internal sealed class ListAuditEntriesHandler(IAppDbContext db) : IQueryHandler<ListAuditEntries, Page<AuditEntryDto>>
{
    public async Task<Result<Page<AuditEntryDto>>> Handle(ListAuditEntries query, CancellationToken cancellationToken)
    {
        var entries = db.AuditEntries;
        if (query.Person is { } person)
        {
            // Two lists, so that each is read with its own index in the order of the answer.
            var id = person.ToString();
            entries = entries.Where(e => e.Actor == person).Concat(entries.Where(e => e.SubjectId == id && e.Actor != person));
        }

        if (query.Actor is { } actor)
            entries = entries.Where(e => e.Actor == actor);
        if (query.Subject is { } subject)
            entries = entries.Where(e => e.SubjectId == subject);
        if (query.Action is { } action)
            entries = entries.Where(e => e.Action == action);

        // Filter by the id too: it contains the time in milliseconds, and it has the index.
        if (query.From is { } from)
            entries = entries.Where(e => e.At >= from && e.Id >= Ids.FirstOf(from.ToUnixTimeMilliseconds()));
        if (query.To is { } to)
            entries = entries.Where(e => e.At < to && e.Id < Ids.FirstOf(to.ToUnixTimeMilliseconds() + 1));
        if (Cursor.TryRead<AuditPosition>(query.Cursor, out var position))
            entries = entries.Where(e => e.Id < position.Id);

        // One extra row shows whether there is a next page.
        var found = await entries.OrderByDescending(e => e.Id).Take(query.Limit + 1).ToListAsync(cancellationToken);
        return Page.Of(found, query.Limit, AuditEntryDto.Of, last => Cursor.Write(new AuditPosition(last.Id)));
    }
}
