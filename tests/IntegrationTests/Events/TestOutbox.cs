using System.Collections.Concurrent;
using System.Text;
using Npgsql;
using Portico.Infrastructure.Events;
using Portico.Testing;

namespace Portico.IntegrationTests.Events;

/// <summary>Writes events by plain SQL, each in a transaction as a change writes it, and knows which were committed.</summary>
internal sealed class TestOutbox(string connectionString)
{
    public const string Type = "tests.happened.v1";

    /// <summary>Counts the events that are not published yet.</summary>
    public const string CountWaiting =
        "SELECT (SELECT count(*) FROM outbox_waiting) + (SELECT coalesce(sum(size), 0) FROM outbox_groups)";

    private readonly ConcurrentDictionary<Guid, (Guid Aggregate, long Version)> _committed = new();

    /// <summary>The ids of all committed events, with their aggregates and versions.</summary>
    public IReadOnlyDictionary<Guid, (Guid Aggregate, long Version)> Committed => _committed;

    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>
    /// Writes the versions of one aggregate one after the other; those that chance rolls back are written again as other events.
    /// </summary>
    public async Task WriteAsync(Guid aggregate, long from, int count, Random random, CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenAsync();
        for (var version = from; version < from + count && !cancellationToken.IsCancellationRequested; version++)
        {
            while (random.Next(8) == 0)
            {
                await using var lost = await connection.BeginTransactionAsync(CancellationToken.None);
                await InsertAsync(connection, aggregate, version);
            }

            await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
            var id = version == 1 && random.Next(2) == 0
                ? (await InsertGroupAsync(connection, [aggregate])).Id
                : await InsertAsync(connection, aggregate, version);
            await transaction.CommitAsync(CancellationToken.None);
            _committed[id] = (aggregate, version);
        }
    }

    public static async Task<Guid> InsertAsync(
        NpgsqlConnection connection, Guid aggregate, long version, int size = 10, DateTimeOffset? made = null)
    {
        var at = made ?? DateTimeOffset.UtcNow;
        var id = Guid.CreateVersion7(at);
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, occurred_at)
            VALUES ($1, 'Test', $2, $3, $4, jsonb_build_object('text', repeat('x', $5))::text, $6)
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = id },
                new() { Value = aggregate },
                new() { Value = version },
                new() { Value = Type },
                new() { Value = size },
                new() { Value = at }
            }
        };
        await command.ExecuteNonQueryAsync();
        return id;
    }

    /// <summary>Writes the first versions of aggregates with one statement, as the ledger does.</summary>
    public static async Task<OutboxGroup> InsertGroupAsync(NpgsqlConnection connection, Guid[] aggregates, DateTimeOffset? made = null)
    {
        var at = made ?? DateTimeOffset.UtcNow;
        OutboxMessage[] events = [.. aggregates.Select(aggregate => Known(Guid.CreateVersion7(at), aggregate, at))];
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, occurred_at, group_id)
            SELECT unnest($1), 'Test', unnest($2), 1, $3, $4, $5, $6
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = events.Select(one => one.Id).ToArray() },
                new() { Value = aggregates },
                new() { Value = Type },
                new() { Value = Encoding.UTF8.GetString(events[0].Data) },
                new() { Value = at },
                new() { Value = events[0].Id },
            },
        };
        await command.ExecuteNonQueryAsync();
        return new OutboxGroup(events);
    }

    /// <summary>The first version of an aggregate, as the memory of a process has it.</summary>
    public static OutboxMessage Known(Guid id, Guid aggregate, DateTimeOffset? made = null) => new()
    {
        Id = id,
        AggregateType = "Test",
        AggregateId = aggregate,
        AggregateVersion = 1,
        Type = Type,
        Data = """{"from":"memory"}"""u8.ToArray(),
        OccurredAt = made ?? DateTimeOffset.UtcNow,
    };

    public static async Task<long> CountWaitingAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(CountWaiting, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Waits until all that was committed is marked as published, as long as there is progress.</summary>
    public async Task PublishedAsync()
    {
        await using var connection = await OpenAsync();
        for (var before = long.MaxValue; before > 0;)
        {
            var left = before;
            await Eventually.Holds(async () => (left = await CountWaitingAsync(connection)) < before, $"fewer than {before} wait");
            before = left;
        }
    }

    /// <summary>Every committed event is there once, none besides, and those of an aggregate are in order.</summary>
    public static void AssertComplete(
        IReadOnlyDictionary<Guid, (Guid Aggregate, long Version)> committed, IReadOnlyList<StreamEvent> stream)
    {
        var found = stream.Where(one => one.Type == Type).ToArray();
        Assert.Equal(found.Length, found.DistinctBy(one => one.MessageId).Count());
        Assert.Equal(committed.Keys.Order(), found.Select(one => Guid.Parse(one.MessageId)).Order());
        AssertOrdered(stream);
    }

    public static void AssertOrdered(IReadOnlyList<StreamEvent> stream)
    {
        foreach (var aggregate in stream.GroupBy(one => one.Aggregate))
        {
            var first = aggregate.Min(one => one.Version);
            Assert.Equal(
                Enumerable.Range(0, aggregate.Count()).Select(place => first + place),
                aggregate.OrderBy(one => one.Sequence).Select(one => one.Version));
        }
    }
}
