using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.IntegrationTests.SecondFactors;
using Portico.Testing;

namespace Portico.IntegrationTests.Users;

public sealed class ChangeContactTests : IAsyncLifetime
{
    private PorticoApp _app = null!;

    // Of its own: any application on a shared database may send its notifications.
    public async Task InitializeAsync() => _app = await PorticoApp.StartAsync(new PorticoAppOptions());

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Signs_in_with_the_new_address_only_and_tells_the_old_one()
    {
        var person = await _app.SignUpAsync();
        var elsewhere = new TestPerson(_app, person.Email, person.Password);
        elsewhere.Take(await person.LogInAsync().Json(HttpStatusCode.OK));
        var email = PorticoApp.NewEmail();
        var code = await AskForCode(person, email);

        var me = await Change(person, email, code).Json(HttpStatusCode.OK);
        Assert.Equal(email, me.Text("email"));
        Assert.Matches(@"Z$", me.Text("emailVerifiedAt"));
        Assert.Equal(email, (await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK)).Text("email"));
        await _app.Client.Post("auth/login", new { email, person.Password }).Json(HttpStatusCode.OK);
        await person.LogInAsync().Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await elsewhere.RefreshAsync().Json(HttpStatusCode.OK);

        var notice = await _app.MessageAsync(person.Email, text => text.Contains($"{email[0]}***@example.org", StringComparison.Ordinal));
        Assert.DoesNotContain(email, notice, StringComparison.Ordinal);
        await Change(person, email, code).Problem(HttpStatusCode.BadRequest, "invalid_code");
    }

    [Fact]
    public async Task Adds_a_phone_beside_the_address()
    {
        var person = await _app.SignUpAsync();
        var phone = PorticoApp.NewPhone();
        await person.SendAsync(HttpMethod.Post, "/api/v1/auth/verify-code", new { phone, reason = "changeContact" })
            .Json(HttpStatusCode.Accepted);
        var me = await person.SendAsync(
            HttpMethod.Put, "/api/v1/users/me/contact", new { phone, code = await _app.CodeAsync(phone), person.Password })
            .Json(HttpStatusCode.OK);
        Assert.Equal((person.Email, phone), (me.Text("email"), me.Text("phone")));
        await _app.Client.Post("auth/login", new { phone, person.Password }).Json(HttpStatusCode.OK);
        await person.LogInAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Tells_only_the_holder_of_the_code_that_the_address_is_taken()
    {
        var person = await _app.SignUpAsync();
        var other = await _app.SignUpAsync();
        var phone = PorticoApp.NewPhone();
        await other.SendAsync(HttpMethod.Post, "/api/v1/auth/verify-code", new { phone, reason = "changeContact" })
            .Json(HttpStatusCode.Accepted);
        await other.SendAsync(HttpMethod.Put, "/api/v1/users/me/contact", new { phone, code = await _app.CodeAsync(phone), other.Password })
            .Json(HttpStatusCode.OK);

        var free = await Ask(person, PorticoApp.NewPhone()).Json(HttpStatusCode.Accepted);
        using var log = new RecordedLog();
        await using var patient = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Database = _app.Database,
            Settings = { ["Logging:Recorded:LogLevel:Default"] = "Information" },
            Services = services => services.AddSingleton<ILoggerProvider>(log),
        });
        var there = new TestPerson(patient, person.Email, person.Password);
        there.Take(await there.LogInAsync().Json(HttpStatusCode.OK));
        var taken = await Ask(there, phone).Json(HttpStatusCode.Accepted);
        Assert.Equal(free.Text("requestId").Length, taken.Text("requestId").Length);
        var code = await patient.CodeAsync(phone);
        await ChangePhone(there, phone, code == "000000" ? "000001" : "000000").Problem(HttpStatusCode.BadRequest, "invalid_code");
        await ChangePhone(there, phone, code).Problem(HttpStatusCode.Conflict, "already_registered");
        // The database has refused it; for operators this is no error.
        Assert.NotEmpty(log.Lines);
        Assert.DoesNotContain(log.Lines, line => line.Contains("users_phone", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.Contains("Failed executing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Gives_an_address_to_one_of_those_who_race_for_it_and_tells_nothing_to_the_others_old_ones()
    {
        var email = PorticoApp.NewEmail();
        var racers = new List<(TestPerson Person, string Code)>();
        for (var n = 0; n < 4; n++)
        {
            // The code of each one in turn, as if the pause had passed; each is of an installation of its own to Redis.
            var apart = await PorticoApp.StartAsync(new PorticoAppOptions
            {
                ReplicaOf = _app,
                Settings = { ["Redis:KeyPrefix"] = $"race-{Guid.NewGuid():N}:" },
            });
            _racers.Add(apart);
            var person = await apart.SignUpAsync();
            await Ask(person, email, "email").Json(HttpStatusCode.Accepted);
            racers.Add((person, await apart.CodeAsync(email)));
        }

        var answers = await Task.WhenAll(racers.Select(racer => Change(racer.Person, email, racer.Code)));
        var winner = Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer != winner), answer => Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode));
        await Eventually.Holds(() => Task.FromResult(Notices() == 1), "one notice");
        foreach (var apart in _racers)
            await apart.DisposeAsync();

        // Any process of the installation may send it.
        int Notices() => _racers.Append(_app)
            .Where(apart => Directory.Exists(apart.Mailbox))
            .SelectMany(apart => Directory.GetFiles(apart.Mailbox, "*.eml"))
            .Count(file => File.ReadAllText(file).Contains("***@example.org", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Needs_the_password_slows_guesses_down_with_those_of_sign_in_and_keeps_the_code()
    {
        var person = await _app.SignUpAsync();
        var email = PorticoApp.NewEmail();
        var code = await AskForCode(person, email);
        await person.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        for (var failure = 2; failure <= 3; failure++)
            await Change(person, email, code, "wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await Change(person, email, code).Problem(HttpStatusCode.TooManyRequests, "too_many_attempts");
        await Eventually.Holds(
            async () =>
            {
                using var answer = await Change(person, email, code);
                return answer.StatusCode == HttpStatusCode.OK;
            },
            "the end of the delay");
    }

    [Fact]
    public async Task Takes_no_code_that_was_sent_for_something_else_and_asks_for_none_without_a_token()
    {
        var person = await _app.SignUpAsync();
        var email = PorticoApp.NewEmail();
        await _app.Client.Post("auth/verify-code", new { email, reason = "changeContact" })
            .Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await _app.Client.Post("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        await Change(person, email, await _app.CodeAsync(email)).Problem(HttpStatusCode.BadRequest, "invalid_code");
    }

    [Fact]
    public async Task Is_in_the_audit_log_with_the_addresses_half_hidden()
    {
        var person = await _app.SignUpAsync();
        var email = PorticoApp.NewEmail();
        var me = await Change(person, email, await AskForCode(person, email)).Json(HttpStatusCode.OK);
        await using var database = NpgsqlDataSource.Create(_app.Database.Portico);
        await using var command = database.CreateCommand(
            """
            SELECT after::text || coalesce(before::text, '') FROM audit_log
            WHERE action = 'user.contact_changed' AND subject_id = $1 AND actor = $2
            """);
        command.Parameters.AddWithValue(me.Text("id"));
        command.Parameters.AddWithValue(me.GetProperty("id").GetGuid());
        var text = (string)(await command.ExecuteScalarAsync())!;
        Assert.Contains("\"kind\": \"email\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain(email, text, StringComparison.Ordinal);
        Assert.DoesNotContain(person.Email, text, StringComparison.Ordinal);
    }

    private readonly List<PorticoApp> _racers = [];

    private async Task<string> AskForCode(TestPerson person, string email)
    {
        await Ask(person, email, "email").Json(HttpStatusCode.Accepted);
        return await _app.CodeAsync(email);
    }

    private static Task<HttpResponseMessage> Ask(TestPerson person, string address, string kind = "phone") => person.SendAsync(
        HttpMethod.Post, "/api/v1/auth/verify-code",
        new Dictionary<string, string>(StringComparer.Ordinal) { [kind] = address, ["reason"] = "changeContact" });

    private static Task<HttpResponseMessage> Change(TestPerson person, string email, string code, string? password = null) =>
        person.SendAsync(HttpMethod.Put, "/api/v1/users/me/contact", new { email, code, password = password ?? person.Password });

    private static Task<HttpResponseMessage> ChangePhone(TestPerson person, string phone, string code) =>
        person.SendAsync(HttpMethod.Put, "/api/v1/users/me/contact", new { phone, code, person.Password });
}
