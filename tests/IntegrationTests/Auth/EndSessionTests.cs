using System.Net;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed class EndSessionTests : PorticoTests
{
    [Fact]
    public async Task Kills_both_tokens_of_that_session_at_once_and_leaves_the_others()
    {
        var person = await App.SignUpAsync();
        var elsewhere = new TestPerson(App, person.Email, person.Password);
        var tokens = await elsewhere.LogInAsync().Json(HttpStatusCode.OK);
        elsewhere.Take(tokens);
        await elsewhere.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);

        await End(person, tokens.Text("sessionId")).Json(HttpStatusCode.NoContent);
        await elsewhere.GetAsync("/api/v1/auth/check").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await elsewhere.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        await person.RefreshAsync().Json(HttpStatusCode.OK);
        await End(person, tokens.Text("sessionId")).Problem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Ends_the_session_that_asks_for_it()
    {
        var person = await App.SignUpAsync();
        var id = (await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK)).Text("sid");
        await End(person, id).Json(HttpStatusCode.NoContent);
        await person.GetAsync("/api/v1/auth/check").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Knows_nothing_of_another_persons_session()
    {
        var person = await App.SignUpAsync();
        var victim = await App.SignUpAsync();
        var id = (await victim.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK)).Text("sid");
        var theirs = await End(person, id).Problem(HttpStatusCode.NotFound, "not_found");
        var nobodys = await End(person, Guid.CreateVersion7().ToString()).Problem(HttpStatusCode.NotFound, "not_found");
        Assert.Equal(nobodys.Text("detail"), theirs.Text("detail"));

        await victim.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        await victim.RefreshAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Needs_a_token() =>
        await App.Client.DeleteAsync($"/api/v1/auth/sessions/{Guid.CreateVersion7()}")
            .Problem(HttpStatusCode.Unauthorized, "unauthenticated");

    private static Task<HttpResponseMessage> End(TestPerson person, string id) =>
        person.SendAsync(HttpMethod.Delete, $"/api/v1/auth/sessions/{id}");
}
