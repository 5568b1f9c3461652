using System.Net;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed class EndOtherSessionsTests : PorticoTests
{
    [Fact]
    public async Task Kills_the_tokens_of_all_but_this_one()
    {
        var person = await App.SignUpAsync();
        var bystander = await App.SignUpAsync();
        var others = new List<TestPerson>();
        for (var n = 0; n < 3; n++)
        {
            var other = new TestPerson(App, person.Email, person.Password);
            other.Take(await other.LogInAsync().Json(HttpStatusCode.OK));
            others.Add(other);
        }

        // Twice: what has ended already is no reason to refuse.
        await person.SendAsync(HttpMethod.Delete, "/api/v1/auth/sessions").Json(HttpStatusCode.NoContent);
        await person.SendAsync(HttpMethod.Delete, "/api/v1/auth/sessions").Json(HttpStatusCode.NoContent);
        foreach (var other in others)
        {
            await other.GetAsync("/api/v1/auth/check").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
            await other.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        }

        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        await person.RefreshAsync().Json(HttpStatusCode.OK);
        await bystander.RefreshAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Needs_a_token() =>
        await App.Client.DeleteAsync("/api/v1/auth/sessions").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
}
