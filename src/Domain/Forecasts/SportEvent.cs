using Portico.Domain.Common;

namespace Portico.Domain.Forecasts;

/// <summary>A sports event between two sides: it accepts forecasts until it closes, then gets one final result.</summary>
public sealed class SportEvent : AggregateRoot, IAuditable, IPurgeable
{
    public const int MaxTitleLength = 200;

    private SportEvent(Guid id, string title)
        : base(id) => Title = title;

    public string Title { get; private set; }

    /// <summary>When the event closes automatically; <c>null</c> when a manager closes it.</summary>
    public DateTimeOffset? ClosesAt { get; private set; }

    /// <summary>When a manager closed the event or set its result.</summary>
    public DateTimeOffset? ClosedAt { get; private set; }

    public Outcome? Result { get; private set; }
    public DateTimeOffset? ResultSetAt { get; private set; }

    /// <summary>When the last of its forecasts was settled.</summary>
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

    /// <summary>Changes title and closing time; a later closing time opens the event again, unless a manager closed it.</summary>
    public Result<Unit> Change(string title, DateTimeOffset? closesAt)
    {
        if (Result is not null)
            return EventErrors.ResultAlreadySet;

        (Title, ClosesAt) = (title, closesAt);
        return Unit.Value;
    }

    /// <summary>Whether another closing time opens an event again whose closing time is over.</summary>
    public bool IsReopenedBy(DateTimeOffset? closesAt, DateTimeOffset now) =>
        ClosedAt is null && ClosesAt <= now && !(closesAt <= now);

    /// <summary>Closes the event for forecasts; does nothing when it is already closed.</summary>
    public void Close(DateTimeOffset now)
    {
        if (ClosedAt is not null)
            return;

        ClosedAt = now;
        Raise(new EventClosed(Id, Title));
    }

    /// <summary>Sets the result, once, and closes the event.</summary>
    public Result<Unit> SetResult(Outcome result, DateTimeOffset now)
    {
        if (Result is not null)
            return EventErrors.ResultAlreadySet;

        Close(now);
        (Result, ResultSetAt) = (result, now);
        Raise(new EventResultSet(Id, Title, result));
        return Unit.Value;
    }

    /// <summary>Records that every forecast is settled.</summary>
    public void FinishSettlement(DateTimeOffset now)
    {
        if (Result is null)
            throw new InvalidOperationException("An event without a result can't finish its settlement.");

        SettledAt = now;
        Raise(new EventForecastsSettled(Id));
    }

    /// <summary>Returns an error when the event has a result: it can't be deleted, because users were notified of it.</summary>
    public Result<Unit> AllowDeletion() => Result is null ? Unit.Value : EventErrors.ResultAlreadySet;

    /// <summary>Restores a deleted event; otherwise does nothing.</summary>
    public void Restore() => (DeletedAt, DeletedBy) = (null, null);
}
