using System.Net;
using Npgsql;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed class RegisterTests : PorticoTests
{
    [Fact]
    public async Task Signs_a_person_up_and_in_and_keeps_when_the_address_was_proved()
    {
        var email = PorticoApp.NewEmail();
        var code = await AskForCode(new { email, reason = "registration" }, email);
        using var response = await App.Client.Post(
            "auth/register", new { email, code, password = "correct horse", displayName = " Ada " });
        Assert.Equal("/api/v1/users/me", response.Headers.Location?.ToString());
        var tokens = await response.Json(HttpStatusCode.Created);
        Assert.Equal("Bearer", tokens.Text("tokenType"));
        Assert.Equal(300, tokens.GetProperty("expiresIn").GetInt32());
        Assert.Equal(14 * 24 * 3600, tokens.GetProperty("refreshExpiresIn").GetInt32());

        var person = new TestPerson(App, email, "correct horse");
        person.Take(tokens);
        var me = await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        Assert.Equal("Ada", me.Text("displayName"));
        Assert.Equal(email, me.Text("email"));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", me.Text("emailVerifiedAt"));
        Assert.Equal("""["user"]""", me.GetProperty("roles").ToString());
    }

    [Fact]
    public async Task Signs_up_by_phone()
    {
        var phone = PorticoApp.NewPhone();
        var code = await AskForCode(new { phone, reason = "registration" }, phone);
        await App.Client.Post("auth/register", new { phone, code, password = "correct horse", displayName = "Ada" })
            .Json(HttpStatusCode.Created);
        await App.Client.Post("auth/login", new { phone, password = "correct horse" }).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Refuses_a_wrong_code_and_one_that_was_used()
    {
        var email = PorticoApp.NewEmail();
        var code = await AskForCode(new { email, reason = "registration" }, email);
        await Register(email, code == "000000" ? "000001" : "000000").Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Register(email, code).Json(HttpStatusCode.Created);
        await Register(email, code).Problem(HttpStatusCode.BadRequest, "invalid_code");
    }

    [Fact]
    public async Task Refuses_the_right_code_after_five_wrong_ones()
    {
        var email = PorticoApp.NewEmail();
        var code = await AskForCode(new { email, reason = "registration" }, email);
        var wrong = code == "000000" ? "000001" : "000000";
        for (var @try = 0; @try < 5; @try++)
            await Register(email, wrong).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Register(email, code).Problem(HttpStatusCode.BadRequest, "invalid_code");
    }

    [Fact]
    public async Task Makes_one_account_when_one_code_is_used_many_times_at_once()
    {
        var email = PorticoApp.NewEmail();
        var code = await AskForCode(new { email, reason = "registration" }, email);
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Register(email, code)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(4, answers.Count(answer => answer.StatusCode == HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Tells_only_the_holder_of_the_code_that_the_address_is_taken()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings = { ["Otp:ResendAfter"] = "00:00:01" },
        });
        var person = await app.SignUpAsync();
        var first = await app.CodeAsync(person.Email);
        await Eventually.Holds(
            async () =>
            {
                using var answer = await app.Client.Post("auth/verify-code", new { person.Email, reason = "registration" });
                return answer.StatusCode == HttpStatusCode.Accepted;
            },
            "another code");
        string second = "";
        await Eventually.Holds(async () => (second = await app.CodeAsync(person.Email)) != first, "another message");
        await app.Client.Post("auth/register", new { person.Email, code = second, password = "correct horse", displayName = "Eve" })
            .Problem(HttpStatusCode.Conflict, "already_registered");
    }

    [Fact]
    public async Task Writes_the_event_in_the_transaction_of_the_user()
    {
        var person = await App.SignUpAsync();
        await using var database = NpgsqlDataSource.Create(App.Database.Portico);
        await using var command = database.CreateCommand(
            """
            SELECT o.type || ' ' || o.aggregate_version || ' ' || (o.data::jsonb->>'displayName')
            FROM outbox o JOIN users u ON u.id = o.aggregate_id AND u.version = o.aggregate_version
            WHERE u.email = $1 AND o.trace_parent IS NOT NULL
            """);
        command.Parameters.AddWithValue(person.Email);
        Assert.Equal("users.registered.v1 1 Ada Lovelace", await command.ExecuteScalarAsync());
    }

    private Task<HttpResponseMessage> Register(string email, string code) =>
        App.Client.Post("auth/register", new { email, code, password = "correct horse", displayName = "Ada" });

    private async Task<string> AskForCode(object body, string address)
    {
        await App.Client.Post("auth/verify-code", body).Json(HttpStatusCode.Accepted);
        return await App.CodeAsync(address);
    }
}
