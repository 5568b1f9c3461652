using System.Diagnostics;
using System.Net;
using Npgsql;
using Portico.Domain.Users;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Forecasts;

/// <summary>Settlements that are killed half-way, on two replicas.</summary>
public sealed class SettlementTests(ITestOutputHelper output)
{
    private const int PeopleInSuite = 2_500;
    private const int PeopleOnRequest = 100_000;
    private const int MaxKills = 20;
    private const long MaxGrowth = 200 * 1024 * 1024;

    [Fact]
    [Trait("Category", Campaign.Category)]
    public Task Judges_each_forecast_once_however_often_it_is_killed() => Campaign.Run(1, async seed =>
    {
        var random = new Random(seed);
        var people = Campaign.IsOnRequest ? PeopleOnRequest : PeopleInSuite;
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions());
        await using var replica = await PorticoApp.StartAsync(new PorticoAppOptions { Stack = app.Stack, Database = app.Database });
        var manager = await app.SignUpAsync(Role.Manager);
        var (id, _) = await manager.Announce();
        await app.Database.Crowd(id, people);
        var eventId = Guid.Parse(id);

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var started = Stopwatch.GetTimestamp();
        await manager.SetResult(id, "win1").Json(HttpStatusCode.OK);
        // Each time a little further on, until the settlement is through.
        var kills = 0;
        for (long settled = 0; settled < people; settled = await app.Database.Ask<long>("SELECT count(*) FROM forecasts WHERE event_id = $1 AND settled_at IS NOT NULL", eventId))
        {
            if (kills < MaxKills)
            {
                kills++;
                await Kill(app);
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(5), $"{settled} of {people} are settled after 5 minutes.");
            await Task.Delay(random.Next(20, 100));
        }

        await Eventually.Holds(async () => await app.Database.Ask<long>("SELECT count(*) FROM events WHERE id = $1 AND settled_at IS NOT NULL", eventId) == 1, "the end of the settlement");
        var growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{people} forecasts settled in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s with {kills} kills; managed memory grew by {growth / 1024} KiB.");

        Assert.Equal(0, await app.Database.Ask<long>("SELECT count(*) FROM forecasts WHERE event_id = $1 AND (points = 1) <> (outcome = 'win1')", eventId));
        const string told = "FROM outbox WHERE type = 'forecast.settled.v1' AND payload->>'eventId' = $1";
        Assert.Equal(people, await app.Database.Ask<long>($"SELECT count(*) {told}", id));
        Assert.Equal(people, await app.Database.Ask<long>($"SELECT count(DISTINCT payload->>'forecastId') {told}", id));
        Assert.Equal(people, await app.Database.Ask<long>("SELECT sum(forecasts) FROM forecaster_scores"));
        Assert.Equal(
            await app.Database.Ask<long>("SELECT count(*) FROM forecasts WHERE points = 1"), await app.Database.Ask<long>("SELECT sum(points) FROM forecaster_scores"));
        Assert.Equal(1, await app.Database.Ask<long>("SELECT count(*) FROM outbox WHERE type = 'event.forecasts-settled.v1' AND aggregate_id = $1", eventId));
        Assert.True(growth < MaxGrowth, $"Managed memory grew by {growth / 1024} KiB.");
    });

    // To the server a killed process is a connection that ends in the midst of its transaction.
    private static async Task Kill(PorticoApp app)
    {
        var database = new NpgsqlConnectionStringBuilder(app.Database.Portico).Database!;
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(app.Database.Bootstrap) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'portico' AND pid <> pg_backend_pid()", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = database });
        await command.ExecuteNonQueryAsync();
    }
}
