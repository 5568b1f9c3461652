using Portico.Domain.Common;

namespace Portico.Domain.Forecasts;

/// <summary>An event between two sides that people forecast: taken forecasts until it closes, then one result for good.</summary>
public sealed class SportEvent : AggregateRoot, IAuditable, IPurgeable
{
    public const int MaxTitleLength = 200;

    private SportEvent(Guid id, string title)
        : base(id) => Title = title;

    public string Title { get; private set; }

    /// <summary>When it closes by itself; <c>null</c> when a manager will close it.</summary>
    public DateTimeOffset? ClosesAt { get; private set; }

    /// <summary>When a manager closed it or set its result.</summary>
    public DateTimeOffset? ClosedAt { get; private set; }

    public Outcome? Result { get; private set; }
    public DateTimeOffset? ResultSetAt { get; private set; }

    /// <summary>When the last of its forecasts was judged.</summary>
    public DateTimeOffset? SettledAt { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }
    public Guid? CreatedBy { get; private set; }
    public DateTimeOffset? UpdatedAt { get; private set; }
    public Guid? UpdatedBy { get; private set; }
    public DateTimeOffset? DeletedAt { get; private set; }
    public Guid? DeletedBy { get; private set; }

    public static SportEvent Create(string title, DateTimeOffset? closesAt, DateTimeOffset now) =>
        new(Ids.New(now), title) { ClosesAt = closesAt };

    public EventStatus StatusAt(DateTimeOffset now) => this switch
    {
        { SettledAt: not null } => EventStatus.Settled,
        { Result: not null } => EventStatus.Settling,
        _ when ClosedAt is not null || ClosesAt <= now => EventStatus.Closed,
        _ => EventStatus.Open,
    };

    /// <summary>Changes what is said of it; a later time to close opens it again, unless a manager closed it.</summary>
    public Result<Unit> Change(string title, DateTimeOffset? closesAt)
    {
        if (Result is not null)
            return EventErrors.ResultAlreadySet;

        (Title, ClosesAt) = (title, closesAt);
        return Unit.Value;
    }

    /// <summary>Takes no more forecasts; nothing happens when it is closed already.</summary>
    public void Close(DateTimeOffset now)
    {
        if (ClosedAt is not null)
            return;

        ClosedAt = now;
        Raise(new EventClosed(Id, Title));
    }

    /// <summary>Sets the result, once, and closes it.</summary>
    public Result<Unit> SetResult(Outcome result, DateTimeOffset now)
    {
        if (Result is not null)
            return EventErrors.ResultAlreadySet;

        Close(now);
        (Result, ResultSetAt) = (result, now);
        Raise(new EventResultSet(Id, Title, result));
        return Unit.Value;
    }

    /// <summary>Notes that every forecast is judged.</summary>
    public void FinishSettlement(DateTimeOffset now)
    {
        if (Result is null)
            throw new InvalidOperationException("There is no result by which forecasts could have been judged.");

        SettledAt = now;
        Raise(new EventForecastsSettled(Id));
    }

    /// <summary>Whether it may be deleted: not once its forecasts are judged, which people were told of.</summary>
    public Result<Unit> AllowDeletion() => Result is null ? Unit.Value : EventErrors.ResultAlreadySet;

    /// <summary>Takes a deletion back; nothing happens when there was none.</summary>
    public void Restore() => (DeletedAt, DeletedBy) = (null, null);
}
