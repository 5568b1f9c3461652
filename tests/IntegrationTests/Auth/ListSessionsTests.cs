using System.Net;
using System.Text.Json;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed class ListSessionsTests : PorticoTests
{
    [Fact]
    public async Task Lists_the_callers_sessions_newest_first_and_marks_this_one()
    {
        var person = await App.SignUpAsync();
        await App.SignUpAsync();
        var first = (await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK)).Text("sid");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/login")
        {
            Headers = { { "User-Agent", "Browser/1.0" } },
            Content = System.Net.Http.Json.JsonContent.Create(new { person.Email, person.Password }),
        };
        var second = (await App.Client.SendAsync(request).Json(HttpStatusCode.OK)).Text("sessionId");

        var page = await person.GetAsync("/api/v1/auth/sessions").Json(HttpStatusCode.OK);
        Assert.Equal(JsonValueKind.Null, page.GetProperty("nextCursor").ValueKind);
        var sessions = page.GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal([second, first], sessions.Select(session => session.Text("id")));
        Assert.Equal([false, true], sessions.Select(session => session.GetProperty("current").GetBoolean()));
        Assert.Equal(["Browser/1.0", null], sessions.Select(session => session.GetProperty("device").GetString()));
        Assert.All(sessions, session =>
        {
            Assert.Equal("127.0.0.1", session.Text("ip"));
            Assert.Equal(session.Text("createdAt"), session.Text("lastSeenAt"));
            Assert.InRange(
                session.GetProperty("createdAt").GetDateTimeOffset(),
                DateTimeOffset.UtcNow.AddMinutes(-5),
                DateTimeOffset.UtcNow.AddMinutes(1));
        });
    }

    [Fact]
    public async Task Tells_when_a_session_was_last_refreshed()
    {
        var person = await App.SignUpAsync();
        var opened = await Only(person);
        // Refreshing may fall into the millisecond of signing up.
        await Eventually.Holds(
            async () =>
            {
                person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
                var session = await Only(person);
                Assert.Equal(opened.Text("createdAt"), session.Text("createdAt"));
                return session.GetProperty("lastSeenAt").GetDateTimeOffset() > opened.GetProperty("lastSeenAt").GetDateTimeOffset();
            },
            "a later time");
    }

    [Fact]
    public async Task Leaves_out_what_has_ended()
    {
        var person = await App.SignUpAsync();
        var other = await person.LogInAsync().Json(HttpStatusCode.OK);
        await person.SendAsync(HttpMethod.Post, "/api/v1/auth/logout").Json(HttpStatusCode.NoContent);
        person.Take(other);
        Assert.Equal(other.Text("sessionId"), (await Only(person)).Text("id"));
    }

    [Fact]
    public async Task Needs_a_token() =>
        await App.Client.GetAsync("/api/v1/auth/sessions").Problem(HttpStatusCode.Unauthorized, "unauthenticated");

    private static async Task<JsonElement> Only(TestPerson person) =>
        Assert.Single((await person.GetAsync("/api/v1/auth/sessions").Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
}
