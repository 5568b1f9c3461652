using System.Net;
using System.Text.Json;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.Users;

public sealed class AdministrationTests : PorticoTests
{
    private TestPerson _admin = null!;
    private TestPerson _person = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _admin = await App.SignUpAsync(Role.Admin);
        _person = await App.SignUpAsync();
    }

    [Fact]
    public async Task Another_rank_kills_access_tokens_and_comes_with_the_next_refresh()
    {
        var account = await ChangeRoles(_person, "manager", "user").Json(HttpStatusCode.OK);
        Assert.Equal("""["manager","user"]""", account.GetProperty("roles").ToString());
        await Check(_person).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        _person.Take(await _person.RefreshAsync().Json(HttpStatusCode.OK));
        Assert.Equal("""["manager","user"]""", (await Check(_person).Json(HttpStatusCode.OK)).GetProperty("roles").ToString());

        var note = Assert.Single(await Notes(_person));
        Assert.Equal("user.role_changed", note.Text("action"));
        Assert.Equal(_admin.Id, note.GetProperty("actor").GetGuid());
        Assert.Equal(_admin.SessionId, note.GetProperty("sessionId").GetGuid());
        Assert.Equal("127.0.0.1", note.Text("ip"));
        Assert.Matches("^[0-9a-f]{32}$", note.Text("traceId"));
        Assert.Equal("""{"role":"user"}""", note.GetProperty("before").ToString());
        Assert.Equal("""{"role":"manager"}""", note.GetProperty("after").ToString());
    }

    [Fact]
    public async Task The_same_rank_again_changes_nothing_and_is_not_noted()
    {
        await ChangeRoles(_person, "user").Json(HttpStatusCode.OK);
        await Check(_person).Json(HttpStatusCode.OK);
        Assert.Empty(await Notes(_person));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""["user","user"]""")]
    [InlineData("""["owner"]""")]
    [InlineData("""["User"]""")]
    [InlineData("null")]
    [InlineData("[3]")]
    public async Task Refuses_roles_that_are_none(string roles)
    {
        var problem = await _admin.SendAsync(
            HttpMethod.Put, $"/api/v1/users/{_person.Id}/roles", new { roles = JsonSerializer.Deserialize<JsonElement>(roles) })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Contains(problem.GetProperty("errors").EnumerateObject(), field => field.Name.StartsWith("roles", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_person_is_named_by_the_address_only()
    {
        var body = new { id = _admin.Id, roles = new[] { "manager" } };
        await _admin.SendAsync(HttpMethod.Put, $"/api/v1/users/{_person.Id}/roles", body)
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task Who_is_blocked_is_out_at_once_and_stays_out()
    {
        var account = await Block(_person, "Sells forged tickets.").Json(HttpStatusCode.OK);
        Assert.Equal("blocked", account.Text("status"));
        await Check(_person).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await _person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        await _person.LogInAsync().Problem(HttpStatusCode.Unauthorized, "invalid_credentials");

        var note = Assert.Single(await Notes(_person));
        Assert.Equal("user.blocked", note.Text("action"));
        Assert.Equal("active", note.GetProperty("before").Text("status"));
        Assert.Equal("blocked", note.GetProperty("after").Text("status"));
        Assert.Equal("Sells forged tickets.", note.GetProperty("after").Text("reason"));
    }

    [Fact]
    public async Task A_second_block_succeeds_and_keeps_the_first_reason()
    {
        await Block(_person, "First.").Json(HttpStatusCode.OK);
        await Block(_person, "Second.").Json(HttpStatusCode.OK);
        Assert.Equal("First.", Assert.Single(await Notes(_person)).GetProperty("after").Text("reason"));
    }

    [Fact]
    public async Task A_block_repeated_with_its_key_is_replayed()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var path = $"/api/v1/users/{_person.Id}/block";
        using var first = await _admin.SendAsync(HttpMethod.Post, path, new { reason = "A test." }, key);
        using var again = await _admin.SendAsync(HttpMethod.Post, path, new { reason = "A test." }, key);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        Assert.Equal("true", Assert.Single(again.Headers.GetValues("Idempotency-Replayed")));
        await _admin.SendAsync(HttpMethod.Post, path, new { reason = "Another." }, key)
            .Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        Assert.Single(await Notes(_person));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("two\nlines")]
    public async Task Refuses_a_reason_that_is_none(string reason)
    {
        var problem = await Block(_person, reason).Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.True(problem.GetProperty("errors").TryGetProperty("reason", out _));
    }

    [Fact]
    public async Task Who_is_unblocked_signs_in_again_and_gets_no_session_back()
    {
        await Block(_person, "By mistake.").Json(HttpStatusCode.OK);
        var account = await _admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{_person.Id}/unblock").Json(HttpStatusCode.OK);
        Assert.Equal("active", account.Text("status"));
        await Check(_person).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await _person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        _person.Take(await _person.LogInAsync().Json(HttpStatusCode.OK));
        await Check(_person).Json(HttpStatusCode.OK);
        Assert.Equal(["user.unblocked", "user.blocked"], (await Notes(_person)).Select(note => note.Text("action")));
    }

    [Fact]
    public async Task No_session_comes_back_that_redis_could_not_end_when_its_person_was_blocked()
    {
        await App.Database.ExecuteAsync(
            "UPDATE users SET status = 'blocked', session_version = session_version + 1 WHERE id = $1", _person.Id);
        await _admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{_person.Id}/unblock").Json(HttpStatusCode.OK);
        await _person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
    }

    [Fact]
    public async Task Who_is_deleted_is_gone_until_restored_with_all_they_were()
    {
        await ChangeRoles(_person, "manager").Json(HttpStatusCode.OK);
        await Delete(_person).Json(HttpStatusCode.NoContent);
        await _person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        await _person.LogInAsync().Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await Block(_person, "Too late.").Problem(HttpStatusCode.Conflict, "user_deleted");
        await Delete(_person).Json(HttpStatusCode.NoContent);
        var gone = await _admin.GetAsync($"/api/v1/users/{_person.Id}").Json(HttpStatusCode.OK);
        Assert.Equal("deleted", gone.Text("status"));
        Assert.NotEqual(JsonValueKind.Null, gone.GetProperty("deletedAt").ValueKind);

        var back = await _admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{_person.Id}/restore").Json(HttpStatusCode.OK);
        Assert.Equal("active", back.Text("status"));
        Assert.Equal("""["manager","user"]""", back.GetProperty("roles").ToString());
        await _person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        await _person.LogInAsync().Json(HttpStatusCode.OK);
        Assert.Equal(["user.restored", "user.deleted", "user.role_changed"], (await Notes(_person)).Select(note => note.Text("action")));
    }

    [Fact]
    public async Task Signs_a_person_out_everywhere()
    {
        var elsewhere = new TestPerson(App, _person.Email, _person.Password);
        elsewhere.Take(await elsewhere.LogInAsync().Json(HttpStatusCode.OK));
        await _admin.SendAsync(HttpMethod.Delete, $"/api/v1/users/{_person.Id}/sessions").Json(HttpStatusCode.NoContent);
        foreach (var session in (TestPerson[])[_person, elsewhere])
        {
            await Check(session).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
            await session.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        }

        await _person.LogInAsync().Json(HttpStatusCode.OK);
        Assert.Equal("user.sessions_ended", Assert.Single(await Notes(_person)).Text("action"));
    }

    [Fact]
    public async Task Nobody_acts_on_a_peer_or_on_themselves_or_makes_a_peer()
    {
        var peer = await App.SignUpAsync(Role.Admin);
        foreach (var target in (TestPerson[])[peer, _admin])
        {
            await ChangeRoles(target, "user").Problem(HttpStatusCode.Forbidden, "rank_too_low");
            await Block(target, "A coup.").Problem(HttpStatusCode.Forbidden, "rank_too_low");
            await Delete(target).Problem(HttpStatusCode.Forbidden, "rank_too_low");
            (HttpMethod, string)[] acts = [(HttpMethod.Post, "unblock"), (HttpMethod.Post, "restore"), (HttpMethod.Delete, "sessions")];
            foreach (var (method, act) in acts)
                await _admin.SendAsync(method, $"/api/v1/users/{target.Id}/{act}").Problem(HttpStatusCode.Forbidden, "rank_too_low");
            await Check(target).Json(HttpStatusCode.OK);
            Assert.Empty(await Notes(target));
        }

        await ChangeRoles(_person, "admin").Problem(HttpStatusCode.Forbidden, "rank_too_low");
    }

    [Fact]
    public async Task Nobody_acts_on_who_does_not_exist()
    {
        var nobody = $"/api/v1/users/{Guid.CreateVersion7()}";
        await _admin.GetAsync(nobody).Problem(HttpStatusCode.NotFound, "not_found");
        await _admin.SendAsync(HttpMethod.Put, $"{nobody}/roles", new { roles = new[] { "user" } })
            .Problem(HttpStatusCode.NotFound, "not_found");
        await _admin.SendAsync(HttpMethod.Post, $"{nobody}/block", new { reason = "None." }).Problem(HttpStatusCode.NotFound, "not_found");
        await _admin.SendAsync(HttpMethod.Post, $"{nobody}/restore").Problem(HttpStatusCode.NotFound, "not_found");
        await _admin.SendAsync(HttpMethod.Delete, nobody).Problem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task The_rank_of_today_counts_and_not_that_of_the_token()
    {
        await _admin.GetAsync($"/api/v1/users/{_person.Id}").Json(HttpStatusCode.OK);
        // Behind the back of this process, which trusts what it knows for a second.
        await App.Database.ExecuteAsync("UPDATE users SET role = 'user' WHERE id = $1", _admin.Id);
        await Block(_person, "Too late.").Problem(HttpStatusCode.Forbidden, "rank_too_low");
    }

    [Fact]
    public async Task Finds_people_by_how_they_stand()
    {
        var blocked = await App.SignUpAsync();
        var deleted = await App.SignUpAsync();
        await Block(blocked, "A test.").Json(HttpStatusCode.OK);
        await Delete(deleted).Json(HttpStatusCode.NoContent);
        async Task<Guid[]> Ids(string status) => [.. (await _admin.GetAsync($"/api/v1/users?limit=100{status}").Json(HttpStatusCode.OK))
            .GetProperty("items").EnumerateArray().Select(person => person.GetProperty("id").GetGuid())];

        var all = await Ids("");
        Assert.Contains(_person.Id, all);
        Assert.Contains(blocked.Id, all);
        Assert.DoesNotContain(deleted.Id, all);
        Assert.Contains(_person.Id, await Ids("&status=active"));
        Assert.DoesNotContain(blocked.Id, await Ids("&status=active"));
        Assert.Contains(blocked.Id, await Ids("&status=blocked"));
        Assert.DoesNotContain(deleted.Id, await Ids("&status=blocked"));
        var gone = await Ids("&status=deleted");
        Assert.Contains(deleted.Id, gone);
        Assert.DoesNotContain(blocked.Id, gone);
        Assert.Equal([deleted.Id], await Ids($"&status=deleted&search={Uri.EscapeDataString(deleted.Email)}&role=user"));
    }

    [Fact]
    public async Task Finds_people_by_what_is_searched_for_to_the_letter()
    {
        var mark = Guid.NewGuid().ToString("N")[..12];
        var person = await App.SignUpAsync($"{mark}_50%of@example.org");
        await App.SignUpAsync($"{mark}x50yof@example.org");
        async Task<Guid[]> Ids(string search) =>
            [.. (await _admin.GetAsync($"/api/v1/users?limit=100&search={Uri.EscapeDataString(search)}").Json(HttpStatusCode.OK))
            .GetProperty("items").EnumerateArray().Select(found => found.GetProperty("id").GetGuid())];

        Assert.Equal(2, (await Ids(mark.ToUpperInvariant())).Length);
        Assert.Equal([person.Id], await Ids($"{mark}_"));
        Assert.Equal([person.Id], await Ids($"{mark}_50%"));
        Assert.Empty(await Ids($"{mark}%of"));
        Assert.Empty(await Ids($@"{mark}\"));

        await person.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { displayName = $@"{mark} 100% a_b \o/" }).Json(HttpStatusCode.OK);
        Assert.Equal([person.Id], await Ids($@"{mark} 100% A_B \O/"));
        Assert.Empty(await Ids($"{mark} 1%b"));
    }

    [Fact]
    public async Task What_many_administrators_do_at_once_is_one_history_without_a_gap()
    {
        TestPerson[] admins = [_admin, await App.SignUpAsync(Role.Admin), await App.SignUpAsync(Role.Admin)];
        string[] acts = ["manager", "user", "block", "unblock", "delete", "restore"];
        for (var round = 0; round < 5; round++)
        {
            var answers = await Task.WhenAll(acts.Select((act, n) => Do(admins[(n + round) % admins.Length], act)));
            Assert.All(
                answers, status => Assert.Contains(status, new[] { HttpStatusCode.OK, HttpStatusCode.NoContent, HttpStatusCode.Conflict }));
        }

        // Each note begins where the one before ended, and the last one is how things stand.
        var state = new Dictionary<string, string>(StringComparer.Ordinal) { ["role"] = "user", ["status"] = "active" };
        var notes = (await Notes(_person)).Reverse().ToArray();
        foreach (var note in notes)
        {
            foreach (var was in note.GetProperty("before").EnumerateObject())
                Assert.Equal(state[was.Name], was.Value.GetString());
            foreach (var now in note.GetProperty("after").EnumerateObject())
                state[now.Name] = now.Value.GetString()!;
        }

        Assert.NotEmpty(notes);
        var account = await _admin.GetAsync($"/api/v1/users/{_person.Id}").Json(HttpStatusCode.OK);
        Assert.Equal(state["status"], account.Text("status"));
        Assert.Equal(state["role"], account.GetProperty("roles")[0].GetString());
    }

    [Fact]
    public async Task Of_two_administrators_who_block_at_once_one_is_noted()
    {
        TestPerson[] admins = [_admin, await App.SignUpAsync(Role.Admin)];
        var answers = await Task.WhenAll(admins.Select(admin => Do(admin, "block")));
        Assert.All(answers, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Single(await Notes(_person));
    }

    private async Task<HttpStatusCode> Do(TestPerson admin, string act)
    {
        var path = $"/api/v1/users/{_person.Id}";
        using var answer = await (act switch
        {
            "block" => admin.SendAsync(HttpMethod.Post, $"{path}/block", new { reason = "x" }),
            "unblock" or "restore" => admin.SendAsync(HttpMethod.Post, $"{path}/{act}"),
            "delete" => admin.SendAsync(HttpMethod.Delete, path),
            _ => admin.SendAsync(HttpMethod.Put, $"{path}/roles", new { roles = new[] { act } }),
        });
        return answer.StatusCode;
    }

    private async Task<JsonElement[]> Notes(TestPerson person) =>
        [.. (await _admin.GetAsync($"/api/v1/audit?subject={person.Id}&limit=100").Json(HttpStatusCode.OK))
            .GetProperty("items").EnumerateArray()];

    private static Task<HttpResponseMessage> Check(TestPerson person) => person.GetAsync("/api/v1/auth/check");

    private Task<HttpResponseMessage> ChangeRoles(TestPerson person, params string[] roles) =>
        _admin.SendAsync(HttpMethod.Put, $"/api/v1/users/{person.Id}/roles", new { roles });

    private Task<HttpResponseMessage> Block(TestPerson person, string reason) =>
        _admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{person.Id}/block", new { reason });

    private Task<HttpResponseMessage> Delete(TestPerson person) => _admin.SendAsync(HttpMethod.Delete, $"/api/v1/users/{person.Id}");
}
