using System.Net;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed class LogOutTests : IAsyncLifetime
{
    private PorticoApp _app = null!;

    public async Task InitializeAsync() => _app = await PorticoApp.SharedAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Kills_the_access_and_the_refresh_token_of_this_session_only()
    {
        var person = await _app.SignUpAsync();
        var other = await person.LogInAsync().Json(HttpStatusCode.OK);
        await person.SendAsync(HttpMethod.Post, "/api/v1/auth/logout").Json(HttpStatusCode.NoContent);

        await person.GetAsync("/api/v1/users/me").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        person.Take(other);
        await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Is_seen_by_another_process_within_a_second()
    {
        var database = await TestDatabase.CreateAsync(_app.Stack);
        var shared = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Redis:KeyPrefix"] = $"two-{Guid.NewGuid():N}:",
            ["Sessions:Key"] = Convert.ToBase64String(new byte[32]),
        };
        await using var one = await PorticoApp.StartAsync(new PorticoAppOptions { Database = database, Settings = shared });
        await using var two = await PorticoApp.StartAsync(new PorticoAppOptions { Database = database, Settings = shared });
        var person = await one.SignUpAsync();
        var there = new TestPerson(two, person.Email, person.Password);
        there.Take(await there.LogInAsync().Json(HttpStatusCode.OK));
        using (var signedOut = await person.SendAsync(HttpMethod.Post, "/api/v1/auth/logout"))
            Assert.Equal(HttpStatusCode.NoContent, signedOut.StatusCode);

        var elsewhere = new HttpRequestMessage(HttpMethod.Get, "/api/v1/auth/check") { Headers = { Authorization = new("Bearer", person.AccessToken) } };
        await Eventually.Holds(
            async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/auth/check") { Headers = { Authorization = elsewhere.Headers.Authorization } };
                using var answer = await two.Client.SendAsync(request);
                return answer.StatusCode == HttpStatusCode.Unauthorized;
            },
            "the other process refuses the session");
        await there.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Needs_a_token()
    {
        await _app.Client.Post("auth/logout", new { }).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }
}
