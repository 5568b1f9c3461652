using System.Net;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed class EndOtherSessionsTests : IAsyncLifetime
{
    private PorticoApp _app = null!;

    public async Task InitializeAsync() => _app = await PorticoApp.SharedAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Kills_the_tokens_of_all_but_this_one()
    {
        var person = await _app.SignUpAsync();
        var bystander = await _app.SignUpAsync();
        var others = new List<TestPerson>();
        for (var n = 0; n < 3; n++)
        {
            var other = new TestPerson(_app, person.Email, person.Password);
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
        await _app.Client.DeleteAsync("/api/v1/auth/sessions").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
}
