using System.Net;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed class LogOutTests : PorticoTests
{
    [Fact]
    public async Task Kills_the_access_and_the_refresh_token_of_this_session_only()
    {
        var person = await App.SignUpAsync();
        var other = await person.LogInAsync().Json(HttpStatusCode.OK);
        await person.SendAsync(HttpMethod.Post, "/api/v1/auth/logout").Json(HttpStatusCode.NoContent);

        await person.GetAsync("/api/v1/users/me").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        person.Take(other);
        await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Needs_a_token()
    {
        await App.Client.Post("auth/logout", new { }).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }
}
