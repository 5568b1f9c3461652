using System.Collections.Concurrent;
using Npgsql;
using Portico.Testing;

namespace Portico.IntegrationTests.Events;

/// <summary>Writes events by plain SQL, each in a transaction as a change writes it, and knows which were committed.</summary>
internal sealed class TestOutbox(string connectionString)
{
    public const string Type = "tests.happened.v1";

    private readonly ConcurrentDictionary<Guid, (Guid Aggregate, long Version)> _committed = new();

    /// <summary>The ids of all committed events, with their aggregates and versions.</summary>
    public IReadOnlyDictionary<Guid, (Guid Aggregate, long Version)> Committed => _committed;

    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Writes the versions of one aggregate one after the other; those that chance rolls back are written again as other events.</summary>
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
            var id = await InsertAsync(connection, aggregate, version);
            await transaction.CommitAsync(CancellationToken.None);
            _committed[id] = (aggregate, version);
        }
    }

    public static async Task<Guid> InsertAsync(NpgsqlConnection connection, Guid aggregate, long version, int size = 10)
    {
        var id = Guid.CreateVersion7();
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, payload, occurred_at)
            VALUES ($1, 'Test', $2, $3, $4, jsonb_build_object('text', repeat('x', $5)), now())
            """,
            connection)
        { Parameters = { new() { Value = id }, new() { Value = aggregate }, new() { Value = version }, new() { Value = Type }, new() { Value = size } } };
        await command.ExecuteNonQueryAsync();
        return id;
    }

    /// <summary>Waits until all that was committed is marked as published.</summary>
    public async Task PublishedAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT 1 FROM outbox WHERE published_at IS NULL)", connection);
        await Eventually.Holds(async () => !(bool)(await command.ExecuteScalarAsync())!, "everything is published");
    }

    /// <summary>Every committed event is there once, none besides, and those of an aggregate are in order.</summary>
    public static void AssertComplete(IReadOnlyDictionary<Guid, (Guid Aggregate, long Version)> committed, IReadOnlyList<StreamEvent> stream)
    {
        var found = stream.Where(one => one.Type == Type).ToArray();
        Assert.Equal(found.Length, found.DistinctBy(one => one.MessageId).Count());
        Assert.Equal(committed.Keys.Order(), found.Select(one => Guid.Parse(one.MessageId)).Order());
        AssertOrdered(stream);
    }

    public static void AssertOrdered(IReadOnlyList<StreamEvent> stream)
    {
        foreach (var aggregate in stream.GroupBy(one => one.Aggregate))
            Assert.Equal(Enumerable.Range(1, aggregate.Count()).Select(version => (long)version), aggregate.OrderBy(one => one.Sequence).Select(one => one.Version));
    }
}
