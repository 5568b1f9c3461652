using Portico.Infrastructure.Events;

namespace Portico.Application.UnitTests.Events;

public sealed class CommittedEventsTests
{
    private readonly CommittedEvents _events = new();

    [Fact]
    public void Gives_each_first_version_once()
    {
        var (first, second) = (Event(version: 1), Event(version: 2));

        _events.Add([first, second]);

        Assert.Equal([first.Id], _events.Take().Events.Keys);
        Assert.Empty(_events.Take().Events);
    }

    [Fact]
    public void Tells_once_that_other_events_were_committed()
    {
        _events.Add([Event(version: 1)]);
        Assert.False(_events.Take().HasOthers, "All are here.");

        _events.Add([Event(version: 1), Event(version: 2)]);
        Assert.True(_events.Take().HasOthers, "A second version must be read.");
        Assert.False(_events.Take().HasOthers);

        _events.Set();
        Assert.True(_events.Take().HasOthers, "Somebody else has committed an event.");
    }

    [Fact]
    public void Drops_all_before_it_has_more_than_its_capacity()
    {
        OutboxMessage[] last = [Event(version: 1), Event(version: 1)];

        _events.Add([.. Enumerable.Range(0, CommittedEvents.Capacity - 1).Select(_ => Event(version: 1))]);
        _events.Add(last);

        var (events, hasOthers) = _events.Take();
        Assert.Equal(last.Select(one => one.Id).Order(), events.Keys.Order());
        Assert.True(hasOthers, "What was dropped must be read.");
    }

    [Fact]
    public void Keeps_no_more_of_one_transaction_than_its_capacity()
    {
        _events.Add([.. Enumerable.Range(0, CommittedEvents.Capacity + 1).Select(_ => Event(version: 1))]);

        var (events, hasOthers) = _events.Take();
        Assert.Equal(CommittedEvents.Capacity, events.Count);
        Assert.True(hasOthers, "The rest must be read.");
    }

    private static OutboxMessage Event(long version) => new()
    {
        Id = Guid.CreateVersion7(),
        AggregateType = "Test",
        AggregateId = Guid.NewGuid(),
        AggregateVersion = version,
        Type = "tests.happened.v1",
        Data = "{}"u8.ToArray(),
        OccurredAt = DateTimeOffset.UnixEpoch,
    };
}
