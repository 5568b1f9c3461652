using System.Buffers.Text;
using System.Net;
using System.Text;
using Portico.Application.Common.Paging;
using Portico.Application.Events;
using Portico.Domain.Users;
using Portico.IntegrationTests.Characters;
using Portico.IntegrationTests.Forecasts;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Conventions;

/// <summary>Tags and cursors, which every kind of record reads in the same way.</summary>
[Trait("Category", "Cases")]
public sealed class RecordHeaderTests : PorticoTests
{
    private const string Id = "01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd";

    [Fact]
    public async Task Reads_any_tag_of_a_record_and_refuses_the_others()
    {
        var (ada, manager) = (await App.SignUpAsync(), await App.ManagerAsync());
        var (character, characterTag) = await ada.CreateCharacter();
        var (match, matchTag) = await manager.Announce();
        var (forecast, forecastTag) = await ada.Forecasted((await manager.Announce()).Id);
        var wallet = await ada.OpenWalletAsync();
        using var shown = await ada.GetAsync($"/api/v1/wallets/{wallet}");
        var calls = new (TestPerson Person, HttpMethod Method, string Path, object Body, string Tag)[]
        {
            (ada, HttpMethod.Put, $"{CharacterCalls.Path}/{character}", CharacterCalls.Sheet(), characterTag),
            (ada, HttpMethod.Put, $"{ForecastWorld.ForecastPath}/{forecast}", new { outcome = "win2" }, forecastTag),
            (ada, HttpMethod.Patch, $"/api/v1/wallets/{wallet}", new { name = "Renamed" }, shown.Tag()),
            (manager, HttpMethod.Put, $"{ForecastWorld.EventPath}/{match}", new { title = "Moved" }, matchTag),
        };

        foreach (var (person, method, path, body, first) in calls)
        {
            string[] others = ["\"AAAAAAAAAAF\"", "\"AAAAAAAAAA=\"", "\"AAAAAAAAAA \"", "W/\"AAAAAAAAAAk\"", "\"", "W/", "x", ",", "*, *"];
            foreach (var other in others)
                await person.SendAsync(method, path, body, ("If-Match", other))
                    .Problem(HttpStatusCode.PreconditionFailed, "precondition_failed");
            var tag = first;
            foreach (var form in (string[])["W/{0}", "\"AAAAAAAAAAk\", W/{0}, \"x\"", "*", "{0}"])
            {
                var header = form.Replace("{0}", tag, StringComparison.Ordinal);
                using var answer = await person.SendAsync(method, path, body, ("If-Match", header));
                await answer.Json(HttpStatusCode.OK);
                tag = answer.Tag();
            }
        }
    }

    [Theory]
    [InlineData("characters", "Character", "name")]
    [InlineData("wallets", "Wallet", "name")]
    [InlineData("events", "SportEvent", "title")]
    public async Task Refuses_a_cursor_that_it_did_not_write(string list, string record, string sort)
    {
        var ada = await App.SignUpAsync();
        string Position(string value) => """{"v":1,"l":"SortedPosition","p":{"List":"LIST","Sort":"SORT","Value":VALUE,"Id":"ID"}}"""
            .Replace("LIST", record, StringComparison.Ordinal).Replace("SORT", sort, StringComparison.Ordinal)
            .Replace("VALUE", value, StringComparison.Ordinal).Replace("\"ID\"", $"\"{Id}\"", StringComparison.Ordinal);

        await ada.GetAsync($"/api/v1/{list}?sort={sort}&cursor={Encoded(Position("\"M\""))}").Json(HttpStatusCode.OK);
        foreach (var value in (string[])[@"""\u0000""", @"""M\u0000""", @"""\u004d""", @"""\ud800""", "1", "null", "[]"])
            await ada.GetAsync($"/api/v1/{list}?sort={sort}&cursor={Encoded(Position(value))}")
                .Problem(HttpStatusCode.BadRequest, "validation_failed");
        string[] others =
            [Position("\"M\"") + " ", Position(" \"M\""), Position("\"M\"").Replace(Id, Id.ToUpperInvariant(), StringComparison.Ordinal)];
        foreach (var json in others)
            await ada.GetAsync($"/api/v1/{list}?sort={sort}&cursor={Encoded(json)}")
                .Problem(HttpStatusCode.BadRequest, "validation_failed");
        // A time with an offset, which PostgreSQL does not take.
        var late = Position("\"2026-11-21T10:00:00+02:00\"").Replace($"\"{sort}\"", "\"createdAt\"", StringComparison.Ordinal);
        await ada.GetAsync($"/api/v1/{list}?sort=createdAt&cursor={Encoded(late)}").Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Theory]
    [InlineData(1, int.MaxValue)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(2, 1)]
    [InlineData(0, 0)]
    [InlineData(1, -1)]
    public async Task Refuses_a_place_that_no_leaderboard_has(int rank, int place)
    {
        var manager = await App.SignUpAsync(Role.Manager);
        var total = Cursor.Write(new RankPosition(1, Guid.Empty, rank, place));
        await manager.GetAsync($"/api/v1/leaderboard?cursor={total}").Problem(HttpStatusCode.BadRequest, "validation_failed");

        if (rank is > 0 and < int.MaxValue)
            return;
        var (match, _) = await manager.Announce();
        var one = Cursor.Write(new EventRankPosition(1, DateTimeOffset.UnixEpoch, Guid.Empty, rank));
        await manager.GetAsync($"{ForecastWorld.EventPath}/{match}/leaderboard?cursor={one}")
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    private static string Encoded(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
