using System.Net;
using System.Text;
using System.Text.Json;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.DeadLetters;

/// <summary>Dead letters by the API.</summary>
public sealed class DeadLetterTests : PorticoTests
{
    private const string Path = "/api/v1/dead-letters";

    private const string Deep =
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
        + "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";

    // Older than those of other tests, and young enough to be kept.
    private static readonly DateTimeOffset Old = DateTimeOffset.UtcNow.AddDays(-80);

    private TestPerson _admin = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _admin = await App.SignUpAsync(Role.Admin);
    }

    [Fact]
    public async Task Lists_both_kinds_oldest_first_page_by_page()
    {
        var oldest = await Message(1);
        var middle = await Event(2, "not JSON");
        var newest = await Event(3, """{"id":"e"}""");

        var first = await _admin.GetAsync($"{Path}?limit=2").Json(HttpStatusCode.OK);
        Assert.Equal([oldest, middle], IdsOf(first));
        var second = await _admin.GetAsync($"{Path}?limit=1&cursor={first.Text("nextCursor")}").Json(HttpStatusCode.OK);
        Assert.Equal([newest], IdsOf(second));
        Assert.Equal([middle], IdsOf(await _admin.GetAsync($"{Path}?kind=event&limit=1").Json(HttpStatusCode.OK)));
        var letter = first.GetProperty("items")[0];
        Assert.Equal(("message", "welcome", "No such mailbox."), (letter.Text("kind"), letter.Text("name"), letter.Text("reason")));

        foreach (var id in new[] { oldest, middle, newest })
            await Drop(id, new { reason = "A test." }).Json(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Shows_what_an_event_and_a_message_held()
    {
        var whole = await Event(1, """{"id":"e","data":{"n":1}}""");
        var poison = await Event(2, "not JSON");
        var message = await Message(3);

        Assert.Equal("""{"id":"e","data":{"n":1}}""", (await Get(whole)).GetProperty("content").ToString());
        var text = await Get(poison);
        Assert.Equal((JsonValueKind.Null, "not JSON"), (text.GetProperty("content").ValueKind, text.Text("text")));
        var held = (await Get(message)).GetProperty("content");
        Assert.Equal(("email", "ada@example.org"), (held.Text("channel"), held.Text("address")));
        Assert.Equal("""{"name":"Ada"}""", held.GetProperty("values").ToString().Replace(" ", "", StringComparison.Ordinal));

        foreach (var id in new[] { whole, poison, message })
            await Drop(id, new { reason = "A test." }).Json(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"\udc00":1}""")]
    [InlineData(Deep)]
    public async Task Shows_what_an_event_held_that_can_not_be_answered_as_json_as_its_text(string envelope)
    {
        var poison = await Event(1, envelope);

        var shown = await Get(poison);

        Assert.Equal((JsonValueKind.Null, envelope), (shown.GetProperty("content").ValueKind, shown.Text("text")));
        await Drop(poison, new { reason = "A test." }).Json(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Replays_a_message_and_says_so_in_the_audit_log()
    {
        var id = await Message(1);
        await _admin.SendAsync(HttpMethod.Post, $"{Path}/{id}/replay", new { reason = "Repaired." }).Json(HttpStatusCode.NoContent);
        Assert.NotEqual("dead", await App.Database.TextAsync("SELECT status FROM messages WHERE id = $1", id));
        await _admin.GetAsync($"{Path}/{id}").Problem(HttpStatusCode.NotFound, "not_found");
        Assert.Equal("Repaired.", (await Note(id, "dead_letter.replayed")).GetProperty("after").Text("reason"));
    }

    [Fact]
    public async Task Drops_a_letter_once_and_only_with_a_reason()
    {
        var id = await Event(1, "{}");
        await Drop(id, new { reason = " " }).Problem(HttpStatusCode.BadRequest, "validation_failed");
        await Drop(id, new { reason = "Of no use." }).Json(HttpStatusCode.NoContent);
        await Drop(id, new { reason = "Of no use." }).Problem(HttpStatusCode.NotFound, "not_found");
        var note = await Note(id, "dead_letter.dropped");
        Assert.Equal("""{"kind":"event","name":"test"}""", note.GetProperty("before").ToString());
        Assert.Equal("""{"reason":"Of no use."}""", note.GetProperty("after").ToString());
    }

    private async Task<Guid> Event(int hour, string envelope)
    {
        var id = Guid.CreateVersion7();
        await App.Database.ExecuteAsync(
            "INSERT INTO dead_events (id, handler, envelope, reason, died_at) VALUES ($1, 'test', $2, 'It is broken.', $3)",
            id, Encoding.UTF8.GetBytes(envelope), Old.AddHours(hour));
        return id;
    }

    private async Task<Guid> Message(int hour)
    {
        var id = Guid.CreateVersion7();
        await App.Database.ExecuteAsync(
            """
            INSERT INTO messages (id, event_id, user_id, template, fields, channel, address, locale, status, done_at, reason)
            VALUES ($1, $1, $2, 'welcome', '{"name":"Ada"}', 'email', 'ada@example.org', 'en', 'dead', $3, 'No such mailbox.')
            """,
            id, _admin.Id, Old.AddHours(hour));
        return id;
    }

    private Task<JsonElement> Get(Guid id) => _admin.GetAsync($"{Path}/{id}").Json(HttpStatusCode.OK);

    private Task<HttpResponseMessage> Drop(Guid id, object body) => _admin.SendAsync(HttpMethod.Delete, $"{Path}/{id}", body);

    private async Task<JsonElement> Note(Guid id, string action) =>
        (await _admin.GetAsync($"/api/v1/audit?subject={id}&action={action}").Json(HttpStatusCode.OK)).GetProperty("items")[0];

    private static Guid[] IdsOf(JsonElement page) =>
        [.. page.GetProperty("items").EnumerateArray().Select(letter => letter.GetProperty("id").GetGuid())];
}
