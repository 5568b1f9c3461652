using System.Net;
using Portico.Testing;

namespace Portico.IntegrationTests.Users;

public sealed class ProfileTests : PorticoTests
{
    [Fact]
    public async Task Changes_what_is_given_and_leaves_the_rest()
    {
        var person = await App.SignUpAsync();
        var renamed = await person.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { displayName = "Алла Пугачёва" })
            .Json(HttpStatusCode.OK);
        Assert.Equal("Алла Пугачёва", renamed.Text("displayName"));
        Assert.Equal("en", renamed.Text("locale"));
        var moved = await person.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { locale = "pt-BR" }).Json(HttpStatusCode.OK);
        Assert.Equal("Алла Пугачёва", moved.Text("displayName"));
        var read = await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        Assert.Equal(moved.ToString(), read.ToString());
    }

    [Fact]
    public async Task Loses_no_change_when_many_arrive_at_once()
    {
        var person = await App.SignUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(n =>
            person.SendAsync(
                HttpMethod.Patch, "/api/v1/users/me", n % 2 == 0 ? new { displayName = $"Name {n}" } : (object)new { locale = "de" })));
        Assert.All(answers, answer => Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.Conflict }));
        var me = await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        if (answers.Where((answer, n) => n % 2 == 1).Any(answer => answer.StatusCode == HttpStatusCode.OK))
            Assert.Equal("de", me.Text("locale"));
    }

    [Theory]
    [InlineData("displayName", "")]
    [InlineData("displayName", "a\u0000b")]
    [InlineData("locale", "not a locale")]
    public async Task Refuses_bad_values_by_name(string field, string value)
    {
        var person = await App.SignUpAsync();
        var problem = await person.SendAsync(
            HttpMethod.Patch, "/api/v1/users/me", new Dictionary<string, string>(StringComparer.Ordinal) { [field] = value })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.ToString());
    }

    [Fact]
    public async Task Shows_other_people_to_administrators_only()
    {
        var person = await App.SignUpAsync();
        var me = await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        await person.GetAsync($"/api/v1/users/{me.Text("id")}").Problem(HttpStatusCode.Forbidden, "forbidden");
        await App.Client.GetAsync($"/api/v1/users/{me.Text("id")}").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }
}
