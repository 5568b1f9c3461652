using Portico.Infrastructure.Events;

namespace Portico.Application.UnitTests.Events;

public sealed class CommittedEventsTests
{
    private readonly CommittedEvents _events = new();

    [Fact]
    public void Gives_each_group_once()
    {
        OutboxMessage[] first = [Event(version: 1), Event(version: 1)];
        OutboxMessage[] second = [Event(version: 1)];

        _events.Add(first);
        _events.Add(second);
        _events.Add([]);

        Assert.True(_events.HasGroups);
        Assert.Equal([(first[0].Id, 2), (second[0].Id, 1)], _events.TakeGroups().Select(group => (group.Id, group.Events.Count)));
        Assert.False(_events.HasGroups);
        Assert.Empty(_events.TakeGroups());
    }

    [Fact]
    public void Tells_once_that_other_events_were_committed()
    {
        _events.Add([Event(version: 1)]);
        Assert.False(_events.HasOthers, "All are here.");

        _events.Add([Event(version: 1), Event(version: 2)]);
        Assert.True(_events.HasOthers, "A second version must be read.");
        Assert.Single(_events.TakeGroups());
        Assert.False(_events.TakeOthers(), "Every group was kept.");
        Assert.False(_events.HasOthers);

        _events.Set();
        Assert.True(_events.HasOthers, "Somebody else has committed an event.");
    }

    [Fact]
    public void Keeps_no_group_that_exceeds_its_capacity()
    {
        _events.Add([.. Enumerable.Range(0, CommittedEvents.Capacity - 1).Select(_ => Event(version: 1))]);
        _events.Add([Event(version: 1), Event(version: 1)]);
        OutboxMessage[] last = [Event(version: 1)];
        _events.Add(last);

        Assert.Equal([CommittedEvents.Capacity - 1, 1], _events.TakeGroups().Select(group => group.Events.Count));
        Assert.True(_events.HasOthers);
        Assert.True(_events.TakeOthers(), "What was not kept must be read.");
        Assert.False(_events.TakeOthers());

        _events.Add([Event(version: 1), Event(version: 1)]);
        Assert.Single(_events.TakeGroups());
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
