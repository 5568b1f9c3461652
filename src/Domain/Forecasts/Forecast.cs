using Portico.Domain.Common;

namespace Portico.Domain.Forecasts;

/// <summary>What a person expects of an event: one for each event, theirs to change until it closes.</summary>
public sealed class Forecast : OwnedRecord, IPurgeable
{
    private Forecast(Guid id, Guid ownerId, Guid eventId)
        : base(id, ownerId) => EventId = eventId;

    public Guid EventId { get; private init; }
    public Outcome Outcome { get; private set; }

    /// <summary>When the person last made up their mind; of those who were right, the earliest stand first.</summary>
    public DateTimeOffset DecidedAt { get; private set; }

    /// <summary>1 for a right forecast, 0 for a wrong one; <c>null</c> until it is judged.</summary>
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

    /// <summary>Whether it may still be changed, deleted or restored.</summary>
    public Result<Unit> AllowChange(SportEvent about, DateTimeOffset now)
    {
        if (about.Id != EventId)
            throw new ArgumentException("This is another event than the one of the forecast.", nameof(about));

        return about.StatusAt(now) == EventStatus.Open ? Unit.Value : EventErrors.Closed;
    }

    /// <summary>Judges it by the result of its event, once.</summary>
    public void Settle(SportEvent about, DateTimeOffset now)
    {
        if (about.Id != EventId || about.Result is not { } result)
            throw new ArgumentException("A forecast is judged by the result of its own event.", nameof(about));
        if (SettledAt is not null)
            throw new InvalidOperationException("This forecast is judged already.");

        (Points, SettledAt) = (Outcome == result ? 1 : 0, now);
        Raise(new ForecastSettled(Id, OwnerId, EventId, about.Title, Outcome, result, Points.Value));
    }
}

/// <summary>How well a person has forecast so far; kept by the settlement.</summary>
public sealed class ForecasterScore
{
    private ForecasterScore()
    {
    }

    public Guid UserId { get; private set; }

    /// <summary>The right forecasts.</summary>
    public int Points { get; private set; }

    /// <summary>All that were judged.</summary>
    public int Forecasts { get; private set; }
}
