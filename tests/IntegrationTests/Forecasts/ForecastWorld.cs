using System.Net;
using System.Text.Json;
using Npgsql;
using Portico.Application.Events;
using Portico.IntegrationTests.Characters;
using Portico.Testing;

namespace Portico.IntegrationTests.Forecasts;

/// <summary>Calls about sports events and forecasts, and many forecasters written straight into the database.</summary>
internal static class ForecastWorld
{
    public const string EventPath = "/api/v1/events";
    public const string ForecastPath = "/api/v1/forecasts";

    public static async Task<(string Id, string Tag)> Announce(
        this TestPerson manager, string title = "Reds – Blues", DateTimeOffset? closesAt = null)
    {
        using var answer = await manager.SendAsync(HttpMethod.Post, EventPath, new CreateEvent { Title = title, ClosesAt = closesAt });
        return ((await answer.Json(HttpStatusCode.Created)).Text("id"), answer.Tag());
    }

    public static Task<HttpResponseMessage> Forecast(this TestPerson person, string eventId, string outcome = "win1") =>
        person.SendAsync(HttpMethod.Post, ForecastPath, new { eventId, outcome });

    public static async Task<(string Id, string Tag)> Forecasted(this TestPerson person, string eventId, string outcome = "win1")
    {
        using var answer = await person.Forecast(eventId, outcome);
        return ((await answer.Json(HttpStatusCode.Created)).Text("id"), answer.Tag());
    }

    public static Task<HttpResponseMessage> Close(this TestPerson manager, string eventId) =>
        manager.SendAsync(HttpMethod.Post, $"{EventPath}/{eventId}/close");

    public static Task<HttpResponseMessage> SetResult(this TestPerson manager, string eventId, string outcome = "win1") =>
        manager.SendAsync(HttpMethod.Post, $"{EventPath}/{eventId}/result", new { outcome });

    public static Task Settled(this TestPerson person, string eventId) => Eventually.Holds(
        async () =>
            (await person.GetAsync($"{EventPath}/{eventId}").Json(HttpStatusCode.OK)).Text("status") == "settled", "the settlement");

    public static string[] Column(this JsonElement page, string name) =>
        [.. page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty(name).ToString())];

    /// <summary>Makes people who forecast an event, a third each way.</summary>
    public static Task AddForecasters(this TestDatabase database, string eventId, int people) => database.ExecuteAsync(
        """
        WITH forecasters AS (
            INSERT INTO users (id, version, display_name, email, email_verified_at, role, status, locale, epoch, created_at)
            SELECT gen_random_uuid(), 1, 'Person ' || n, 'forecaster' || n || '-' || gen_random_uuid() || '@example.org',
                now(), 'user', 'active', 'en', 0, now()
            FROM generate_series(1, $2) n RETURNING id, display_name)
        INSERT INTO forecasts (id, owner_id, event_id, version, outcome, decided_at, created_at)
        SELECT gen_random_uuid(), id, $1, 1, (ARRAY['win1', 'win2', 'draw'])[1 + (row_number() OVER ()) % 3], now(), now() FROM forecasters
        """,
        Guid.Parse(eventId),
        people);
}
