using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Portico.Application.Auth;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.Sessions;

/// <summary>Sessions of all users: the preview, and the end of many at once.</summary>
public sealed class MatchingSessionsTests : PorticoTests
{
    private const string Path = "/api/v1/sessions";

    private readonly string _device = $"Test/{Guid.NewGuid():N}";
    private TestPerson _admin = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _admin = await App.SignUpAsync(Role.Admin);
    }

    [Fact]
    public async Task Ends_exactly_the_sessions_that_the_preview_counts()
    {
        TestPerson[] people = [await App.SignUpAsync(), await App.SignUpAsync(Role.Manager)];
        foreach (var person in people)
            person.Take(await LogIn(person));
        var other = await App.SignUpAsync();
        var filter = $"device={Uri.EscapeDataString(_device[5..20].ToUpperInvariant())}";

        var preview = await _admin.GetAsync($"{Path}?{filter}&limit=1").Json(HttpStatusCode.OK);
        Assert.Equal((2, 0, true), CountsOf(preview));
        var shown = Assert.Single(preview.GetProperty("items").EnumerateArray());
        Assert.Contains(shown.GetProperty("userId").GetGuid(), people.Select(person => person.Id));
        Assert.Equal(_device, shown.Text("device"));
        Assert.Equal((0, 0, true), CountsOf(await Preview($"{filter}&openedBefore=2026-01-01T00:00:00Z")));
        Assert.Equal((0, 0, true), CountsOf(await Preview($"{filter}&lastSeenBefore=2026-01-01T00:00:00Z")));
        Assert.Equal((2, 0, true), CountsOf(await Preview($"{filter}&openedBefore=2999-01-01T00:00:00Z&ip=127.0.0.")));
        Assert.Equal((2, 0, true), CountsOf(await Preview($"{filter}&ip=127.0.0.1")));
        Assert.Equal((0, 0, true), CountsOf(await Preview($"{filter}&ip=127.0.0")));

        var ended = await End(new { device = _device, reason = "A stolen laptop." }).Json(HttpStatusCode.OK);
        Assert.Equal((2, true), (ended.GetProperty("count").GetInt32(), ended.GetProperty("isComplete").GetBoolean()));

        foreach (var person in people)
        {
            await person.GetAsync("/api/v1/auth/check").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
            await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        }

        await other.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        Assert.Equal((0, 0, true), CountsOf(await Preview(filter)));
        var entry = (await _admin.GetAsync($"/api/v1/audit?actor={_admin.Id}&action=sessions.ended").Json(HttpStatusCode.OK))
            .GetProperty("items")[0].GetProperty("after");
        Assert.Equal((2, _device, "A stolen laptop."), (entry.GetProperty("count").GetInt32(), entry.Text("device"), entry.Text("reason")));
    }

    [Fact]
    public async Task Leaves_the_sessions_of_the_caller_and_of_equals()
    {
        var equal = await App.SignUpAsync(Role.Admin);
        equal.Take(await LogIn(equal));
        _admin.Take(await LogIn(_admin));

        Assert.Equal((0, 2, true), CountsOf(await Preview($"device={Uri.EscapeDataString(_device)}")));
        Assert.Equal((0, 2, true), CountsOf(await Preview($"userId={_admin.Id}")));
        Assert.Equal(0, (await End(new { device = _device, reason = "A test." }).Json(HttpStatusCode.OK)).GetProperty("count").GetInt32());
        await equal.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        var entries = await _admin.GetAsync($"/api/v1/audit?actor={_admin.Id}").Json(HttpStatusCode.OK);
        Assert.Empty(entries.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Ends_the_sessions_of_one_user_that_meet_the_other_conditions()
    {
        var person = await App.SignUpAsync();
        await LogIn(person);
        Assert.Equal((2, 0, true), CountsOf(await Preview($"userId={person.Id}")));
        var body = new { userId = person.Id, device = _device, reason = "Only this one." };
        Assert.Equal(1, (await End(body).Json(HttpStatusCode.OK)).GetProperty("count").GetInt32());
        Assert.Equal((1, 0, true), CountsOf(await Preview($"userId={person.Id}")));
        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        Assert.Equal(
            "sessions.ended",
            (await _admin.GetAsync($"/api/v1/audit?subject={person.Id}").Json(HttpStatusCode.OK)).GetProperty("items")[0].Text("action"));
    }

    [Theory]
    [InlineData("""{"reason":"All of them?"}""", "userId")]
    [InlineData("""{"device":"x"}""", "reason")]
    [InlineData("""{"device":"","reason":"x"}""", "device")]
    [InlineData("""{"ip":"","reason":"x"}""", "ip")]
    [InlineData("""{"device":"x","reason":" "}""", "reason")]
    public async Task Refuses_an_end_without_a_condition_or_a_reason(string body, string field)
    {
        var problem = await End(JsonSerializer.Deserialize<JsonElement>(body)).Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.ToString());
    }

    private async Task<JsonElement> LogIn(TestPerson person)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/login")
        {
            Content = JsonContent.Create(new LogIn { Email = person.Email, Password = person.Password }),
        };
        request.Headers.UserAgent.ParseAdd(_device);
        using var answer = await App.Client.SendAsync(request);
        return await answer.Json(HttpStatusCode.OK);
    }

    private Task<JsonElement> Preview(string filter) => _admin.GetAsync($"{Path}?{filter}").Json(HttpStatusCode.OK);

    private Task<HttpResponseMessage> End(object body) => _admin.SendAsync(HttpMethod.Post, $"{Path}/end", body);

    private static (int Count, int Protected, bool IsComplete) CountsOf(JsonElement preview) => (
        preview.GetProperty("count").GetInt32(), preview.GetProperty("protectedCount").GetInt32(),
        preview.GetProperty("isComplete").GetBoolean());
}
