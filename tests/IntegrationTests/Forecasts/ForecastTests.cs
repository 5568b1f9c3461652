using System.Net;
using Portico.Domain.Users;
using Portico.IntegrationTests.Characters;
using Portico.Testing;
using static Portico.IntegrationTests.Forecasts.ForecastWorld;

namespace Portico.IntegrationTests.Forecasts;

public sealed class ForecastTests : PorticoTests
{
    private TestPerson _manager = null!;
    private TestPerson _ada = null!;
    private string _event = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _manager = await App.SignUpAsync(Role.Manager);
        _ada = await App.SignUpAsync();
        (_event, _) = await _manager.Announce();
    }

    [Fact]
    public async Task Is_changed_deleted_and_restored_until_the_event_closes()
    {
        var (id, tag) = await _ada.Forecasted(_event);
        var path = $"{ForecastPath}/{id}";
        using var changed = await _ada.SendAsync(HttpMethod.Put, path, new { outcome = "draw" }, ("If-Match", tag));
        Assert.Equal("draw", (await changed.Json(HttpStatusCode.OK)).Text("outcome"));
        await _ada.SendAsync(HttpMethod.Put, path, new { outcome = "win2" }, ("If-Match", tag))
            .Problem(HttpStatusCode.PreconditionFailed, "precondition_failed");
        await _ada.SendAsync(HttpMethod.Put, path, new { outcome = "win2" })
            .Problem(HttpStatusCode.PreconditionRequired, "precondition_required");
        await _ada.SendAsync(HttpMethod.Delete, path, null, ("If-Match", changed.Tag())).Json(HttpStatusCode.NoContent);
        await _ada.GetAsync(path).Problem(HttpStatusCode.NotFound, "not_found");
        using var restored = await _ada.SendAsync(HttpMethod.Post, $"{path}/restore");
        await restored.Json(HttpStatusCode.OK);

        await _manager.Close(_event).Json(HttpStatusCode.OK);
        await _ada.SendAsync(HttpMethod.Put, path, new { outcome = "win2" }, ("If-Match", restored.Tag()))
            .Problem(HttpStatusCode.Conflict, "event_closed");
        await _ada.SendAsync(HttpMethod.Delete, path, null, ("If-Match", restored.Tag())).Problem(HttpStatusCode.Conflict, "event_closed");
        Assert.Equal("draw", (await _ada.GetAsync(path).Json(HttpStatusCode.OK)).Text("outcome"));
        await (await App.SignUpAsync()).Forecast(_event).Problem(HttpStatusCode.Conflict, "event_closed");
    }

    [Fact]
    public async Task Is_one_a_person_and_event()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _ada.Forecast(_event)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        await _ada.Forecast(_event).Problem(HttpStatusCode.Conflict, "already_forecast");

        // One that was deleted leaves room for another, and can't come back beside it.
        var first = Assert.Single((await _ada.GetAsync($"{ForecastPath}?eventId={_event}").Json(HttpStatusCode.OK)).Column("id"));
        await _ada.SendAsync(HttpMethod.Delete, $"{ForecastPath}/{first}", null, ("If-Match", "*")).Json(HttpStatusCode.NoContent);
        await _ada.Forecast(_event).Json(HttpStatusCode.Created);
        await _ada.SendAsync(HttpMethod.Post, $"{ForecastPath}/{first}/restore").Problem(HttpStatusCode.Conflict, "already_forecast");
    }

    [Fact]
    public async Task Is_seen_by_its_owner_and_by_managers()
    {
        var (id, _) = await _ada.Forecasted(_event, "win2");
        var bob = await App.SignUpAsync();
        await bob.Forecasted(_event, "draw");

        await bob.GetAsync($"{ForecastPath}/{id}").Problem(HttpStatusCode.NotFound, "not_found");
        await _manager.GetAsync($"{ForecastPath}/{id}").Problem(HttpStatusCode.NotFound, "not_found");
        Assert.Equal(["draw"], (await bob.GetAsync(ForecastPath).Json(HttpStatusCode.OK)).Column("outcome"));
        Assert.Equal(
            ["draw", "win2"], (await _manager.GetAsync($"{EventPath}/{_event}/forecasts").Json(HttpStatusCode.OK)).Column("outcome"));
        Assert.Equal([id], (await _manager.GetAsync($"{EventPath}/{_event}/forecasts?outcome=win2").Json(HttpStatusCode.OK)).Column("id"));
        await _manager.GetAsync($"{EventPath}/{Guid.CreateVersion7()}/forecasts").Problem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Is_never_placed_after_the_result()
    {
        var people = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => App.SignUpAsync()));
        var placing = people.Select(person => person.Forecast(_event)).ToArray();
        await _manager.SetResult(_event).Json(HttpStatusCode.OK);
        var placed = (await Task.WhenAll(placing)).Count(answer => answer.StatusCode == HttpStatusCode.Created);
        await _ada.Settled(_event);

        Assert.Equal(
            placed,
            await App.Database.ScalarAsync<long>(
                "SELECT count(*) FROM forecasts WHERE event_id = $1 AND points = 1", Guid.Parse(_event)));
        Assert.Equal(
            0,
            await App.Database.ScalarAsync<long>(
                "SELECT count(*) FROM forecasts WHERE event_id = $1 AND points IS NULL", Guid.Parse(_event)));
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Is_never_changed_after_the_closing_time()
    {
        var people = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => App.SignUpAsync()));
        var (id, _) = await _manager.Announce();
        var placed = await Task.WhenAll(people.Select(async person => (Person: person, (await person.Forecasted(id)).Id)));
        var closesAt = DateTimeOffset.UtcNow.AddSeconds(0.5);
        await _manager.SendAsync(HttpMethod.Put, $"{EventPath}/{id}", new { title = "Soon closed", closesAt }, ("If-Match", "*"))
            .Json(HttpStatusCode.OK);
        var sent = await Task.WhenAll(placed.Select(async forecast =>
        {
            var last = DateTimeOffset.MinValue;
            for (var n = 0; ; n++)
            {
                var now = DateTimeOffset.UtcNow;
                using var answer = await forecast.Person.SendAsync(
                    HttpMethod.Put, $"{ForecastPath}/{forecast.Id}", new { outcome = n % 2 == 0 ? "draw" : "win1" }, ("If-Match", "*"));
                if (answer.StatusCode != HttpStatusCode.OK)
                {
                    await answer.Problem(HttpStatusCode.Conflict, "event_closed");
                    return last;
                }

                last = now;
            }
        }));
        Assert.All(sent, last => Assert.True(last < closesAt, $"A change of {last:O} was accepted, and the event closed at {closesAt:O}."));
        Assert.Equal(
            0,
            await App.Database.ScalarAsync<long>(
                """
                SELECT count(*) FROM forecasts f JOIN events e ON e.id = f.event_id
                WHERE e.id = $1 AND (f.updated_at >= e.closes_at OR f.decided_at >= e.closes_at)
                """,
                Guid.Parse(id)));
    }

    [Fact]
    public async Task Is_judged_and_ranked_the_earlier_the_better()
    {
        var people = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => App.SignUpAsync()));
        string[] outcomes = ["win2", "win1", "draw", "win1"];
        foreach (var (person, n) in people.Select((person, n) => (person, n)))
        {
            await person.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { displayName = $"Person {n}" }).Json(HttpStatusCode.OK);
            await person.Forecasted(_event, outcomes[n]);
        }

        Assert.Empty((await _ada.GetAsync($"{EventPath}/{_event}/leaderboard").Json(HttpStatusCode.OK)).Column("rank"));
        await _manager.SetResult(_event, "win1").Json(HttpStatusCode.OK);
        await _ada.Settled(_event);

        var first = await _ada.GetAsync($"{EventPath}/{_event}/leaderboard?limit=3").Json(HttpStatusCode.OK);
        var rest = await _ada.GetAsync($"{EventPath}/{_event}/leaderboard?limit=3&cursor={first.Text("nextCursor")}")
            .Json(HttpStatusCode.OK);
        Assert.Equal(["Person 1", "Person 3", "Person 0", "Person 2"], [.. first.Column("displayName"), .. rest.Column("displayName")]);
        Assert.Equal(["1", "2", "3", "4"], [.. first.Column("rank"), .. rest.Column("rank")]);
        Assert.Equal(["1", "1", "0", "0"], [.. first.Column("points"), .. rest.Column("points")]);
        var own = Assert.Single((await people[1].GetAsync(ForecastPath).Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
        Assert.Equal(1, own.GetProperty("points").GetInt32());
        await people[1]
            .SendAsync(HttpMethod.Put, $"{ForecastPath}/{own.Text("id")}", new { outcome = "draw" }, ("If-Match", "*"))
            .Problem(HttpStatusCode.Conflict, "event_closed");
    }

    [Fact]
    public async Task Adds_up_to_the_leaderboard_of_all_events()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions());
        var manager = await app.SignUpAsync(Role.Manager);
        var people = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => app.SignUpAsync()));
        foreach (var winners in (int[])[2, 1, 1])
        {
            var (id, _) = await manager.Announce();
            for (var n = 0; n < people.Length; n++)
                await people[n].Forecasted(id, n < winners ? "draw" : "win1");
            await manager.SetResult(id, "draw").Json(HttpStatusCode.OK);
            await manager.Settled(id);
        }

        var board = await manager.GetAsync("/api/v1/leaderboard?limit=2").Json(HttpStatusCode.OK);
        var rest = await manager.GetAsync($"/api/v1/leaderboard?limit=2&cursor={board.Text("nextCursor")}").Json(HttpStatusCode.OK);
        Assert.Equal(["1", "2", "3"], [.. board.Column("rank"), .. rest.Column("rank")]);
        Assert.Equal(["3", "1", "0"], [.. board.Column("points"), .. rest.Column("points")]);
        Assert.Equal(["3", "3", "3"], [.. board.Column("forecasts"), .. rest.Column("forecasts")]);
    }
}
