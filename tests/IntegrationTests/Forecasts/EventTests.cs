using System.Net;
using Portico.Domain.Users;
using Portico.IntegrationTests.Characters;
using Portico.Testing;
using static Portico.IntegrationTests.Forecasts.ForecastWorld;

namespace Portico.IntegrationTests.Forecasts;

public sealed class EventTests : PorticoTests
{
    private TestPerson _manager = null!;
    private TestPerson _ada = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _manager = await App.SignUpAsync(Role.Manager);
        _ada = await App.SignUpAsync();
    }

    [Fact]
    public async Task Is_announced_changed_closed_and_decided_by_managers()
    {
        var (id, tag) = await _manager.Announce();
        var path = $"{EventPath}/{id}";
        Assert.Equal("open", (await _ada.GetAsync(path).Json(HttpStatusCode.OK)).Text("status"));

        using var changed = await _manager.SendAsync(HttpMethod.Put, path, new { title = "Reds – Greens" }, ("If-Match", tag));
        Assert.Equal("Reds – Greens", (await changed.Json(HttpStatusCode.OK)).Text("title"));
        await _manager.SendAsync(HttpMethod.Put, path, new { title = "Late" }, ("If-Match", tag))
            .Problem(HttpStatusCode.PreconditionFailed, "precondition_failed");

        Assert.Equal("closed", (await _manager.Close(id).Json(HttpStatusCode.OK)).Text("status"));
        await _manager.Close(id).Json(HttpStatusCode.OK);
        Assert.Equal("win2", (await _manager.SetResult(id, "win2").Json(HttpStatusCode.OK)).Text("result"));
        await _manager.SetResult(id, "win2").Problem(HttpStatusCode.Conflict, "result_already_set");
        await _ada.Settled(id);
        await _manager.SendAsync(HttpMethod.Put, path, new { title = "Never" }, ("If-Match", "*"))
            .Problem(HttpStatusCode.Conflict, "result_already_set");
        await _manager.SendAsync(HttpMethod.Delete, path, null, ("If-Match", "*")).Problem(HttpStatusCode.Conflict, "result_already_set");
    }

    [Fact]
    public async Task Is_read_by_all_and_changed_by_managers_only()
    {
        var (id, tag) = await _manager.Announce();
        var path = $"{EventPath}/{id}";

        await _ada.SendAsync(HttpMethod.Post, EventPath, new { title = "Mine" }).Problem(HttpStatusCode.Forbidden, "forbidden");
        await _ada.SendAsync(HttpMethod.Put, path, new { title = "Mine" }, ("If-Match", tag))
            .Problem(HttpStatusCode.Forbidden, "forbidden");
        await _ada.SendAsync(HttpMethod.Delete, path, null, ("If-Match", tag)).Problem(HttpStatusCode.Forbidden, "forbidden");
        await _ada.Close(id).Problem(HttpStatusCode.Forbidden, "forbidden");
        await _ada.SetResult(id).Problem(HttpStatusCode.Forbidden, "forbidden");
        await _ada.GetAsync($"{path}/forecasts").Problem(HttpStatusCode.Forbidden, "forbidden");
        await _ada.GetAsync($"{EventPath}?deleted=true").Problem(HttpStatusCode.Forbidden, "forbidden");
        await _ada.GetAsync(path).Json(HttpStatusCode.OK);
        await App.Client.GetAsync(path).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Is_deleted_and_restored_while_it_has_no_result()
    {
        var (id, tag) = await _manager.Announce($"Gone {Guid.NewGuid():N}");
        var title = (await _ada.GetAsync($"{EventPath}/{id}").Json(HttpStatusCode.OK)).Text("title");
        await _manager.SendAsync(HttpMethod.Delete, $"{EventPath}/{id}", null, ("If-Match", tag)).Json(HttpStatusCode.NoContent);
        await _ada.GetAsync($"{EventPath}/{id}").Problem(HttpStatusCode.NotFound, "not_found");
        await _ada.Forecast(id).Problem(HttpStatusCode.NotFound, "not_found");
        var admin = await App.SignUpAsync(Role.Admin);
        Assert.Equal([title], (await admin.GetAsync($"{EventPath}?deleted=true&search={title}").Json(HttpStatusCode.OK)).Column("title"));

        await _manager.SendAsync(HttpMethod.Post, $"{EventPath}/{id}/restore").Json(HttpStatusCode.OK);
        await _ada.Forecast(id).Json(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Is_found_by_title_and_status()
    {
        var word = $"{Guid.NewGuid():N}";
        var (open, _) = await _manager.Announce($"{word} open", DateTimeOffset.UtcNow.AddDays(1));
        var (late, _) = await _manager.Announce($"{word} late", DateTimeOffset.UtcNow.AddSeconds(-1));
        var (closed, _) = await _manager.Announce($"{word} closed");
        var (done, _) = await _manager.Announce($"{word} done");
        await _manager.Close(closed).Json(HttpStatusCode.OK);
        await _manager.SetResult(done).Json(HttpStatusCode.OK);
        await _ada.Settled(done);

        Assert.Equal([open], (await _ada.GetAsync($"{EventPath}?search={word}&status=open").Json(HttpStatusCode.OK)).Column("id"));
        Assert.Equal(
            [closed, late],
            (await _ada.GetAsync($"{EventPath}?search={word}&status=closed&sort=title").Json(HttpStatusCode.OK)).Column("id"));
        Assert.Equal([done], (await _ada.GetAsync($"{EventPath}?search={word}&status=settled").Json(HttpStatusCode.OK)).Column("id"));
        Assert.Equal(4, (await _ada.GetAsync($"{EventPath}?search={word.ToUpperInvariant()}").Json(HttpStatusCode.OK)).Column("id").Length);
    }

    [Theory]
    [InlineData("\U0001F600")]
    [InlineData("\u3000")]
    [InlineData("\"")]
    public async Task The_longest_titles_of_any_letters_have_a_next_page(string letter)
    {
        var word = $"{Guid.NewGuid():N}";
        var title = word + string.Concat(Enumerable.Repeat(letter, (200 - word.Length - 1) / letter.Length));
        var (first, _) = await _manager.Announce(title + "1");
        var (second, _) = await _manager.Announce(title + "2");

        var page = await _ada.GetAsync($"{EventPath}?search={word}&sort=title&limit=1").Json(HttpStatusCode.OK);
        Assert.Equal([first], page.Column("id"));
        var next = await _ada.GetAsync($"{EventPath}?search={word}&sort=title&limit=1&cursor={page.Text("nextCursor")}")
            .Json(HttpStatusCode.OK);
        Assert.Equal([second], next.Column("id"));
    }

    [Fact]
    public async Task Is_not_called_unchanged_after_its_closing_time()
    {
        var (id, tag) = await _manager.Announce(closesAt: DateTimeOffset.UtcNow.AddDays(1));
        // The time passes, and nobody changes the record.
        await App.Database.ExecuteAsync("UPDATE events SET closes_at = now() WHERE id = $1", Guid.Parse(id));
        var read = await _ada.SendAsync(HttpMethod.Get, $"{EventPath}/{id}", null, ("If-None-Match", tag)).Json(HttpStatusCode.OK);
        Assert.Equal("closed", read.Text("status"));

        var (other, unchanged) = await _manager.Announce();
        await _ada.SendAsync(HttpMethod.Get, $"{EventPath}/{other}", null, ("If-None-Match", unchanged)).Json(HttpStatusCode.NotModified);
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Is_neither_decided_nor_reopened_by_who_forecasts_it()
    {
        var (id, _) = await _manager.Announce(closesAt: DateTimeOffset.UtcNow.AddDays(1));
        await _manager.Forecasted(id);
        var closesAt = DateTimeOffset.UtcNow.AddSeconds(-1);
        await App.Database.ExecuteAsync("UPDATE events SET closes_at = $1 WHERE id = $2", closesAt, Guid.Parse(id));
        var later = new { title = "Later", closesAt = DateTimeOffset.UtcNow.AddDays(1) };
        await Change(_manager).Problem(HttpStatusCode.UnprocessableEntity, "conflict_of_interest");
        await _manager.SendAsync(HttpMethod.Put, $"{EventPath}/{id}", new { title = "Same time", closesAt }, ("If-Match", "*"))
            .Json(HttpStatusCode.OK);
        await _manager.SetResult(id).Problem(HttpStatusCode.UnprocessableEntity, "conflict_of_interest");

        var other = await App.SignUpAsync(Role.Manager);
        await Change(other).Json(HttpStatusCode.OK);
        await other.SetResult(id).Json(HttpStatusCode.OK);
        await _ada.Settled(id);
        foreach (var manager in (TestPerson[])[_manager, other])
        {
            await Change(manager).Problem(HttpStatusCode.Conflict, "result_already_set");
            await manager.SetResult(id, "draw").Problem(HttpStatusCode.Conflict, "result_already_set");
        }

        Task<HttpResponseMessage> Change(TestPerson manager) =>
            manager.SendAsync(HttpMethod.Put, $"{EventPath}/{id}", later, ("If-Match", "*"));
    }

    [Fact]
    public async Task Is_not_decided_by_who_forecasts_it_at_the_same_moment()
    {
        for (var race = 0; race < 25; race++)
        {
            var (id, _) = await _manager.Announce();
            var (placing, deciding) = (_manager.Forecast(id), _manager.SetResult(id));
            using var placed = await placing;
            using var decided = await deciding;
            Assert.True(placed.IsSuccessStatusCode != decided.IsSuccessStatusCode, $"{placed.StatusCode} {decided.StatusCode}");
        }
    }

    [Fact]
    public async Task Takes_one_result_of_many_that_arrive_at_once()
    {
        var (id, _) = await _manager.Announce();
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(n => _manager.SetResult(id, n % 2 == 0 ? "win1" : "win2")));

        var winner = Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(15, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(
            (await winner.Json(HttpStatusCode.OK)).Text("result"),
            (await _ada.GetAsync($"{EventPath}/{id}").Json(HttpStatusCode.OK)).Text("result"));
    }
}
