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

        Assert.Equal([first.Id], _events.Take().Keys);
        Assert.Empty(_events.Take());
    }

    [Fact]
    public void Drops_all_before_it_has_more_than_its_capacity()
    {
        OutboxMessage[] last = [Event(version: 1), Event(version: 1)];

        _events.Add([.. Enumerable.Range(0, CommittedEvents.Capacity - 1).Select(_ => Event(version: 1))]);
        _events.Add(last);

        Assert.Equal(last.Select(one => one.Id).Order(), _events.Take().Keys.Order());
    }

    [Fact]
    public void Keeps_no_more_of_one_transaction_than_its_capacity()
    {
        _events.Add([.. Enumerable.Range(0, CommittedEvents.Capacity + 1).Select(_ => Event(version: 1))]);

        Assert.Equal(CommittedEvents.Capacity, _events.Take().Count);
    }

    private static OutboxMessage Event(long version) => new()
    {
        Id = Guid.CreateVersion7(),
        AggregateType = "Test",
        AggregateId = Guid.NewGuid(),
        AggregateVersion = version,
        Type = "tests.happened.v1",
        Data = "{}",
        OccurredAt = DateTimeOffset.UnixEpoch,
    };
}
