using Portico.Domain.Common;

namespace Portico.Domain.Forecasts;

/// <summary>The outcome that a user expects of a sports event: one per user and event, changeable until the event closes.</summary>
public sealed class Forecast : OwnedRecord, IPurgeable
{
    private Forecast(Guid id, Guid ownerId, Guid eventId)
        : base(id, ownerId) => EventId = eventId;

    public Guid EventId { get; private init; }
    public Outcome Outcome { get; private set; }

    /// <summary>When the user last chose the outcome; among correct forecasts, the earliest rank first.</summary>
    public DateTimeOffset DecidedAt { get; private set; }

    /// <summary>1 for a correct forecast, 0 for a wrong one; <c>null</c> until the settlement.</summary>
    public int? Points { get; private set; }

    public DateTimeOffset? SettledAt { get; private set; }

    public static Result<Forecast> Place(Guid ownerId, SportEvent about, Outcome outcome, DateTimeOffset now)
    {
        if (about.StatusAt(now) != EventStatus.Open)
            return EventErrors.Closed;

        return new Forecast(Ids.New(now), ownerId, about.Id) { Outcome = outcome, DecidedAt = now };
    }

    public Result<Unit> Change(SportEvent about, Outcome outcome, DateTimeOffset now)
    {
        var allowed = AllowChange(about, now);
        if (allowed.IsSuccess && outcome != Outcome)
            (Outcome, DecidedAt) = (outcome, now);
        return allowed;
    }

    /// <summary>Returns an error when the forecast may no longer be changed, deleted or restored.</summary>
    public Result<Unit> AllowChange(SportEvent about, DateTimeOffset now)
    {
        if (about.Id != EventId)
            throw new ArgumentException("The forecast belongs to another event.", nameof(about));

        return about.StatusAt(now) == EventStatus.Open ? Unit.Value : EventErrors.Closed;
    }

    /// <summary>Gives the forecast its points by the result of its event, once.</summary>
    public void Settle(SportEvent about, DateTimeOffset now)
    {
        if (about.Id != EventId || about.Result is not { } result)
            throw new ArgumentException("A forecast is settled by the result of its own event.", nameof(about));
        if (SettledAt is not null)
            throw new InvalidOperationException("This forecast is already settled.");

        (Points, SettledAt) = (Outcome == result ? 1 : 0, now);
        Raise(new ForecastSettled(Id, OwnerId, EventId, about.Title, Outcome, result, Points.Value));
    }
}

/// <summary>The score of a user, updated by the settlement.</summary>
public sealed class ForecasterScore
{
    private ForecasterScore()
    {
    }

    public Guid UserId { get; private set; }

    /// <summary>The number of correct forecasts.</summary>
    public int Points { get; private set; }

    /// <summary>The number of settled forecasts.</summary>
    public int Forecasts { get; private set; }
}
