using System.Net;
using System.Security.Cryptography;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.Users;

/// <summary>The search of <c>GET /users</c>.</summary>
public sealed class UserSearchTests : PorticoTests
{
    private TestPerson _admin = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _admin = await App.SignUpAsync(Role.Admin);
    }

    [Fact]
    public async Task Finds_a_name_by_the_beginnings_of_its_words_in_any_case()
    {
        var mark = Mark();
        var person = await Insert($"Ana-María O'{mark} Ёлкина", email: PorticoApp.NewEmail());
        var start = mark[..10].ToUpperInvariant();
        foreach (var search in new[] { $"o'{mark}", $"O'{start} ana", $"maría o'{mark} ёл", $"  ЁЛКИНА   o'{mark}" })
            Assert.Equal([person], await Ids(search));
        Assert.Equal([person], await Ids($"ana-m o'{mark}"));
        Assert.Empty(await Ids(mark));
        Assert.Empty(await Ids($@"o'{mark}\"));
        Assert.Empty(await Ids($"o'{mark}' | 'a"));
        Assert.Empty(await Ids($"o'{mark}:*&"));
    }

    [Fact]
    public async Task Finds_a_phone_number_by_its_first_or_last_digits_as_people_write_them()
    {
        var digits = $"49151{RandomNumberGenerator.GetInt32(100_000_000):D8}";
        var person = await Insert("Phone", phone: $"+{digits}");
        var national = digits[2..];
        foreach (var search in new[]
                 {
                     $"+{digits}", digits, $"00{digits}", $"+49 (151) {digits[5..]}", digits[..11], digits[5..], digits[^6..],
                     $"0{national}", $"0{national[..3]}-{national[3..]}",
                 })
            Assert.Contains(person, await Ids(search));
        Assert.DoesNotContain(person, await Ids($"+{national}"));
        Assert.DoesNotContain(person, await Ids(digits[^2..]));
        Assert.DoesNotContain(person, await Ids(digits[1..^1]));
    }

    [Fact]
    public async Task Finds_an_address_by_its_beginning_and_a_user_by_the_id()
    {
        var person = await App.SignUpAsync();
        Assert.Equal([person.Id], await Ids(person.Email.ToUpperInvariant()));
        Assert.Equal([person.Id], await Ids(person.Email[..20]));
        Assert.Empty(await Ids(person.Email[1..]));
        Assert.Equal([person.Id], await Ids($"{person.Id}"));
    }

    [Fact]
    public async Task Pages_through_what_was_found_newest_first()
    {
        var mark = Mark();
        List<Guid> people = [];
        for (var n = 0; n < 5; n++)
            people.Add(await Insert($"Many {mark}", email: PorticoApp.NewEmail()));
        List<Guid> seen = [];
        for (string? next = $"/api/v1/users?limit=2&status=active&role=user&search={mark}"; next is not null;)
        {
            var page = await _admin.GetAsync(next).Json(HttpStatusCode.OK);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(found => found.GetProperty("id").GetGuid()));
            next = page.GetProperty("nextCursor").GetString() is { } cursor
                ? $"/api/v1/users?limit=2&status=active&role=user&search={mark}&cursor={cursor}"
                : null;
        }

        Assert.Equal(people.OrderDescending(), seen);
    }

    [Fact]
    public async Task Shows_the_sessions_that_a_block_would_end_and_the_logins()
    {
        var person = await App.SignUpAsync();
        await person.LogInAsync().Json(HttpStatusCode.OK);
        var sessions = (await _admin.GetAsync($"/api/v1/users/{person.Id}/sessions").Json(HttpStatusCode.OK)).GetProperty("items");
        Assert.Equal(2, sessions.GetArrayLength());
        Assert.Equal(person.SessionId, sessions[1].GetProperty("id").GetGuid());
        Assert.False(sessions[0].GetProperty("current").GetBoolean());
        var own = (await _admin.GetAsync($"/api/v1/users/{_admin.Id}/sessions").Json(HttpStatusCode.OK)).GetProperty("items");
        Assert.True(own[0].GetProperty("current").GetBoolean());

        await App.Database.ExecuteAsync(
            "INSERT INTO identity.external_logins (id, user_id, provider, subject, linked_at) VALUES ($1, $2, 'google', $3, now())",
            Guid.CreateVersion7(), person.Id, $"{person.Id}");
        var logins = (await _admin.GetAsync($"/api/v1/users/{person.Id}/logins").Json(HttpStatusCode.OK)).GetProperty("items");
        Assert.Equal("google", Assert.Single(logins.EnumerateArray()).Text("provider"));

        foreach (var part in new[] { "sessions", "logins" })
            await _admin.GetAsync($"/api/v1/users/{Guid.CreateVersion7()}/{part}").Problem(HttpStatusCode.NotFound, "not_found");
    }

    [Theory]
    [InlineData("POST", "unblock", "user.unblocked")]
    [InlineData("DELETE", "sessions", "user.sessions_ended")]
    [InlineData("DELETE", "second-factors", "user.second_factors_reset")]
    [InlineData("DELETE", "", "user.deleted")]
    public async Task Keeps_the_reason_of_an_act_in_the_audit_log(string method, string path, string action)
    {
        var person = await App.SignUpAsync();
        if (path == "unblock")
            await _admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{person.Id}/block", new { reason = "First." }).Json(HttpStatusCode.OK);
        var url = $"/api/v1/users/{person.Id}/{path}".TrimEnd('/');
        await _admin.SendAsync(new HttpMethod(method), url, new { reason = "" }).Problem(HttpStatusCode.BadRequest, "validation_failed");
        using (var done = await _admin.SendAsync(new HttpMethod(method), url, new { reason = " A good one. " }))
            Assert.True(done.IsSuccessStatusCode, $"{done.StatusCode}");
        var entry = (await _admin.GetAsync($"/api/v1/audit?subject={person.Id}&action={action}").Json(HttpStatusCode.OK))
            .GetProperty("items")[0];
        Assert.Equal("A good one.", entry.GetProperty("after").Text("reason"));
    }

    private static string Mark() => $"z{Guid.NewGuid():N}"[..16];

    private async Task<Guid> Insert(string name, string? email = null, string? phone = null)
    {
        var id = Guid.CreateVersion7();
        await App.Database.ExecuteAsync(
            """
            INSERT INTO users (
                id, version, display_name, email, email_verified_at, phone, phone_verified_at, role, status, locale, epoch, created_at)
            VALUES ($1, 1, $2, nullif($3, ''), CASE WHEN $3 <> '' THEN now() END, nullif($4, ''), CASE WHEN $4 <> '' THEN now() END,
                'user', 'active', 'en', 0, now())
            """,
            id, name, email ?? "", phone ?? "");
        return id;
    }

    private async Task<Guid[]> Ids(string search) =>
        [.. (await _admin.GetAsync($"/api/v1/users?limit=100&search={Uri.EscapeDataString(search)}").Json(HttpStatusCode.OK))
            .GetProperty("items").EnumerateArray().Select(found => found.GetProperty("id").GetGuid())];
}
