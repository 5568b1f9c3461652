using System.Net;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.SigningKeys;

/// <summary>
/// The signing keys by the API, of an application of its own: other services verify the tokens of the one that tests share, and know a key
/// only when it is ready. What an emergency does to tokens is tested with replicas.
/// </summary>
public sealed class SigningKeyAdministrationTests : IAsyncLifetime
{
    private const string Path = "/api/v1/signing-keys";

    private PorticoApp _app = null!;
    private TestPerson _admin = null!;

    public async Task InitializeAsync()
    {
        _app = await PorticoApp.StartAsync(new PorticoAppOptions());
        _admin = await _app.SignUpAsync(Role.Admin);
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Rotates_a_key_that_is_ready_and_keeps_the_tokens_of_the_one_before()
    {
        await Eventually.Holds(async () => await KeyAsync("next") is not null, "there is a next key");
        var (current, next) = ((await KeyAsync("current"))!, (await KeyAsync("next"))!);
        var problem = await Rotate("Too early.").Problem(HttpStatusCode.Conflict, "signing_key_refused");
        Assert.Contains(next, problem.Text("detail"), StringComparison.Ordinal);

        await _app.Database.ExecuteAsync("UPDATE identity.signing_keys SET ready_at = published_at WHERE id = $1", next);
        var steps = (await Rotate("A test.").Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray()
            .Select(step => (step.Text("step"), step.Text("id")));
        Assert.Equal([("retired", current), ("promoted", next)], steps);

        await _admin.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        Assert.Equal(next, await KeyAsync("current"));
        var keys = (await _admin.GetAsync(Path).Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray().ToArray();
        var retired = Assert.Single(keys, key => key.Text("id") == current);
        Assert.Equal("previous", retired.Text("state"));
        Assert.True(retired.GetProperty("tokensValidUntil").GetDateTimeOffset() > DateTimeOffset.UtcNow);
        Assert.DoesNotContain("sealed", keys[0].ToString(), StringComparison.OrdinalIgnoreCase);
        var note = (await _admin.GetAsync($"/api/v1/audit?subject={current}").Json(HttpStatusCode.OK)).GetProperty("items")[0];
        Assert.Equal(("signing_key.retired", _admin.Id), (note.Text("action"), note.GetProperty("actor").GetGuid()));
        Assert.Equal("A test.", note.GetProperty("after").Text("reason"));
    }

    [Fact]
    public async Task Drops_a_next_key_but_none_that_has_signed_without_an_emergency()
    {
        await Drop((await KeyAsync("current"))!, "By mistake.").Problem(HttpStatusCode.Conflict, "signing_key_refused");
        await Drop("unknown", "By mistake.").Problem(HttpStatusCode.NotFound, "not_found");
        await Drop((await KeyAsync("current"))!, "").Problem(HttpStatusCode.BadRequest, "validation_failed");

        await Eventually.Holds(async () => await KeyAsync("next") is not null, "there is a next key");
        var next = (await KeyAsync("next"))!;
        var dropped = await Drop(next, "It was seen on a screen.").Json(HttpStatusCode.OK);
        Assert.Equal(next, Assert.Single(dropped.GetProperty("items").EnumerateArray()).Text("id"));
        Assert.NotEqual(next, await KeyAsync("next"));
    }

    private async Task<string?> KeyAsync(string state) =>
        (await _admin.GetAsync(Path).Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray()
            .Where(key => key.Text("state") == state).Select(key => key.Text("id")).SingleOrDefault();

    private Task<HttpResponseMessage> Rotate(string reason) => _admin.SendAsync(HttpMethod.Post, $"{Path}/rotate", new { reason });

    private Task<HttpResponseMessage> Drop(string id, string reason) =>
        _admin.SendAsync(HttpMethod.Delete, $"{Path}/{id}", new { reason });
}
