using Npgsql;
using Portico.Infrastructure.Events;
using Portico.Testing;

namespace Portico.IntegrationTests.Events;

/// <summary>Without an application: nobody else relays here.</summary>
public sealed class OutboxBatchTests : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private NpgsqlDataSource _source = null!;
    private NpgsqlConnection _connection = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(await SharedStack.GetAsync());
        _source = NpgsqlDataSource.Create(_database.Portico);
        _connection = await _source.OpenConnectionAsync();
    }

    public async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task Claims_no_version_whose_predecessor_is_in_other_hands()
    {
        var (held, free) = (Guid.NewGuid(), Guid.NewGuid());
        await TestOutbox.InsertAsync(_connection, held, 1);
        await using (var first = await OutboxBatch.ClaimAsync(_source, 1, default, [], split: 0, default))
        {
            await TestOutbox.InsertAsync(_connection, held, 2);
            await TestOutbox.InsertAsync(_connection, held, 3);
            await TestOutbox.InsertAsync(_connection, free, 1);
            await TestOutbox.InsertAsync(_connection, free, 2);
            await using var second = await OutboxBatch.ClaimAsync(_source, 10, default, [], split: 0, default);

            Assert.Equal([(held, 1)], first.Ready.Select(one => (one.AggregateId, one.AggregateVersion)));
            Assert.Equal([(free, 1), (free, 2)], second.Ready.Select(one => (one.AggregateId, one.AggregateVersion)));
            await second.CommitAsync(second.Ready, default);
            await first.CommitAsync(first.Ready, default);
        }

        await using var third = await OutboxBatch.ClaimAsync(_source, 10, default, [], split: 0, default);
        Assert.Equal([(held, 2), (held, 3)], third.Ready.Select(one => (one.AggregateId, one.AggregateVersion)));
    }

    [Fact]
    public async Task Claims_no_version_whose_predecessor_waits_in_a_group()
    {
        Guid[] aggregates = [Guid.NewGuid(), Guid.NewGuid()];
        var group = await TestOutbox.InsertGroupAsync(_connection, aggregates);
        await TestOutbox.InsertAsync(_connection, aggregates[1], 2);

        await using (var before = await OutboxBatch.ClaimAsync(_source, 10, default, [], split: 0, default))
            Assert.Equal((1, 0), (before.Claimed, before.Ready.Count));
        await using (var taken = await OutboxBatch.TakeAsync(_source, [group], default))
        {
            await using (var during = await OutboxBatch.ClaimAsync(_source, 10, default, [], split: 10, default))
                Assert.Equal((1, 0, 0), (during.Claimed, during.Ready.Count, during.Split));
            await taken.CommitAsync(taken.Ready, default);
        }

        await using var after = await OutboxBatch.ClaimAsync(_source, 10, default, [], split: 10, default);
        Assert.Equal([(aggregates[1], 2)], after.Ready.Select(one => (one.AggregateId, one.AggregateVersion)));
    }

    [Fact]
    public async Task Takes_the_groups_that_it_knows_and_lets_wait_what_was_not_published()
    {
        OutboxGroup[] groups =
        [
            await TestOutbox.InsertGroupAsync(_connection, [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()]),
            await TestOutbox.InsertGroupAsync(_connection, [Guid.NewGuid(), Guid.NewGuid()]),
        ];
        var rolledBack = new OutboxGroup([TestOutbox.Known(Guid.CreateVersion7(), Guid.NewGuid())]);
        OutboxGroup[] known = [.. groups, rolledBack];
        OutboxMessage[] events = [.. groups.SelectMany(group => group.Events)];

        await using (var batch = await OutboxBatch.TakeAsync(_source, known, default))
        {
            Assert.Equal(events, batch.Ready);
            await using (var other = await OutboxBatch.TakeAsync(_source, known, default))
                Assert.Equal((0, 0), (other.Claimed, other.Ready.Count));
            await batch.CommitAsync([], default);
        }

        Assert.Equal(5, await TestOutbox.CountWaitingAsync(_connection));
        await using (var batch = await OutboxBatch.TakeAsync(_source, known, default))
            await batch.CommitAsync([events[1], events[4]], default);
        Assert.Equal(3, await TestOutbox.CountWaitingAsync(_connection));
        await using (var batch = await OutboxBatch.TakeAsync(_source, known, default))
            Assert.Equal(0, batch.Claimed);
        await using (var batch = await OutboxBatch.ClaimAsync(_source, 10, default, [], split: 0, default))
        {
            Assert.Equal(
                new HashSet<Guid> { events[0].Id, events[2].Id, events[3].Id }, batch.Ready.Select(one => one.Id).ToHashSet());
            await batch.CommitAsync(batch.Ready, default);
        }

        Assert.Equal(0, await TestOutbox.CountWaitingAsync(_connection));
    }

    [Fact]
    public async Task Splits_the_groups_of_others_in_portions_and_publishes_each_event_of_them()
    {
        List<OutboxMessage> events = [];
        for (var number = 0; number < 5; number++)
        {
            // Between the lowest and the highest id of a group are events of other groups, and events without a group.
            var made = DateTimeOffset.UtcNow;
            var group = await TestOutbox.InsertGroupAsync(_connection, [.. Enumerable.Range(0, 4).Select(_ => Guid.NewGuid())], made);
            events.AddRange(group.Events);
            var alone = Guid.NewGuid();
            events.Add(TestOutbox.Known(await TestOutbox.InsertAsync(_connection, alone, 1, made: made), alone));
        }

        List<int> split = [];
        List<Guid> published = [];
        while (await TestOutbox.CountWaitingAsync(_connection) > 0)
        {
            await using var batch = await OutboxBatch.ClaimAsync(_source, 6, default, [], split: 6, default);
            split.Add(batch.Split);
            published.AddRange(batch.Ready.Select(one => one.Id));
            await batch.CommitAsync(batch.Ready, default);
        }

        Assert.Equal([8, 8, 4, 0, 0], split);
        Assert.Equal(events.Select(one => one.Id).Order(), published.Order());
    }

    [Fact]
    public async Task Publishes_an_event_once_that_waits_in_a_group_and_alone()
    {
        // The version before does not know groups, so its recovery lets an event of a group wait alone too.
        var aggregate = Guid.NewGuid();
        var group = await TestOutbox.InsertGroupAsync(_connection, [aggregate, Guid.NewGuid()]);
        await _database.ExecuteAsync("INSERT INTO outbox_waiting VALUES ($1, $2)", group.Id, aggregate);
        var next = await TestOutbox.InsertAsync(_connection, aggregate, 2);
        Guid[] expected = [.. group.Events.Select(one => one.Id), next];

        await using (var batch = await OutboxBatch.TakeAsync(_source, [group], default))
            await batch.CommitAsync([group.Events[1]], default);
        await _database.ExecuteAsync(
            "INSERT INTO outbox_groups SELECT $1, least($1, $2), greatest($1, $2), 2", group.Id, group.Events[1].Id);
        await using (var batch = await OutboxBatch.ClaimAsync(_source, 10, default, [], split: 10, default))
        {
            Assert.Equal(2, batch.Split);
            Assert.Equal(expected.Order(), batch.Ready.Select(one => one.Id).Order());
            await batch.CommitAsync(batch.Ready, default);
        }

        Assert.Equal(0, await TestOutbox.CountWaitingAsync(_connection));
    }

    [Fact]
    public async Task Keeps_the_split_of_groups_whose_events_are_blocked()
    {
        var blocked = Guid.NewGuid();
        await TestOutbox.InsertGroupAsync(_connection, [blocked]);

        await using (var batch = await OutboxBatch.ClaimAsync(_source, 10, default, [blocked], split: 10, default))
        {
            Assert.Equal((1, 0), (batch.Split, batch.Claimed));
            await batch.CommitAsync([], default);
        }

        await using var again = await OutboxBatch.ClaimAsync(_source, 10, default, [], split: 10, default);
        Assert.Equal((0, 1), (again.Split, again.Ready.Count));
    }
}
