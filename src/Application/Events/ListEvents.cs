using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>Lists the sports events, newest first unless the query asks for another order.</summary>
[Authenticated]
[Cached(10)]
[DependsOn(typeof(SportEvent))]
public sealed record ListEvents : PagedQuery<EventDto>, ISorted, IIncludesDeleted
{
    /// <summary>A part of the title, in upper or lower case; 1 to 100 characters.</summary>
    public string? Search { get; init; }

    public EventStatus? Status { get; init; }

    /// <summary>createdAt or title; a minus before the name reverses the order.</summary>
    public string? Sort { get; init; }

    /// <summary>Lists the deleted events instead; for administrators.</summary>
    public bool Deleted { get; init; }

    internal static readonly Sorts<SportEvent> Sorts = new Sorts<SportEvent>("-createdAt").By(e => e.CreatedAt).By(e => e.Title);
}

internal sealed class ListEventsValidator : SortedValidator<ListEvents, SportEvent>
{
    public ListEventsValidator()
        : base(ListEvents.Sorts)
    {
        RuleFor(q => q.Search).IsSearch();
        RuleFor(q => q.Status).IsInEnum();
    }
}

internal sealed class ListEventsHandler(IAppDbContext db, TimeProvider clock) : IQueryHandler<ListEvents, Page<EventDto>>
{
    public async Task<Result<Page<EventDto>>> Handle(ListEvents query, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var events = db.Set<SportEvent>().AsNoTracking();
        if (query.Deleted)
            events = events.WithDeleted().Where(e => e.DeletedAt != null);
        if (query.Search is { } text)
            events = events.Containing(e => e.Title, text);
        events = query.Status switch
        {
            EventStatus.Open => events.Where(e => e.ClosedAt == null && (e.ClosesAt == null || e.ClosesAt > now)),
            EventStatus.Closed => events.Where(e => e.Result == null && (e.ClosedAt != null || e.ClosesAt <= now)),
            EventStatus.Settling => events.Where(e => e.Result != null && e.SettledAt == null),
            EventStatus.Settled => events.Where(e => e.SettledAt != null),
            _ => events,
        };
        return await ListEvents.Sorts.Read(events, query, found => EventDto.Of(found, now), cancellationToken);
    }
}
