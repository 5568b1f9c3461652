using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Security;
using Portico.DevStack;
using Portico.Domain.Users;
using Portico.IntegrationTests.Auth;
using Portico.IntegrationTests.OAuth;
using Portico.Testing;
using Portico.Testing.Providers;

namespace Portico.IntegrationTests.Faults;

/// <summary>What clients see while a server is away, on a stack of this test's own.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private LocalStack _stack = null!;
    private PorticoApp _app = null!;

    public async Task InitializeAsync()
    {
        _stack = await LocalStack.StartAsync(new LocalStackOptions());
        _app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Stack = _stack,
            Settings = { ["Redis:Deadline"] = "00:00:01" },
        });
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _stack.DisposeAsync();
    }

    [Theory]
    [InlineData("dies")]
    [InlineData("hangs")]
    public async Task Without_redis_sessions_and_codes_wait_but_access_tokens_go_on(string fault)
    {
        var person = await _app.SignUpAsync();
        // Somebody else, because a server that hangs does what it was told once it goes on.
        var leaving = await _app.SignUpAsync();
        await Break(_stack.Redis, fault);

        await Unavailable(person.RefreshAsync());
        await Unavailable(_app.Client.Post("auth/verify-code", new { email = PorticoApp.NewEmail(), reason = "registration" }));
        await Unavailable(leaving.SendAsync(HttpMethod.Post, "/api/v1/auth/logout"));
        await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        // The right password is no failure, however often it is tried.
        for (var n = 0; n < 4; n++)
            await Unavailable(person.LogInAsync());
        await Ready("redis", HttpStatusCode.ServiceUnavailable);

        await Mend(_stack.Redis, fault);
        await Eventually.Holds(async () => (await person.RefreshAsync()).IsSuccessStatusCode, "refreshing again");
        await Ready("redis", HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_postgresql_answers_503_and_serves_again_when_it_is_back()
    {
        var person = await _app.SignUpAsync();
        await _stack.Postgres.KillAsync();

        await Unavailable(person.GetAsync("/api/v1/users/me"));
        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        await Ready("postgresql", HttpStatusCode.ServiceUnavailable);

        await _stack.Postgres.RestartAsync();
        await Eventually.Holds(async () => (await person.GetAsync("/api/v1/users/me")).IsSuccessStatusCode, "reading again");
        await Ready("postgresql", HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_postgresql_a_refresh_uses_no_token_and_ends_no_session()
    {
        var person = await _app.SignUpAsync();
        await _stack.Postgres.KillAsync();
        await Unavailable(person.RefreshAsync());

        // The outage is longer than the grace period, and the client has no other token.
        await _app.EndGraceAsync(person);
        await _stack.Postgres.RestartAsync();
        await Eventually.Holds(async () => (await person.RefreshAsync()).IsSuccessStatusCode, "refreshing again");
    }

    [Fact]
    public async Task Without_postgresql_no_code_is_used()
    {
        var person = await _app.SignUpAsync();
        var registered = await _app.CodeAsync(person.Email);
        await _app.Client.Post("auth/reset-password", new { person.Email, reason = "forgotten" }).Json(HttpStatusCode.Accepted);
        var reset = registered;
        await Eventually.Holds(async () => (reset = await _app.CodeAsync(person.Email)) != registered, "the code for a new password");
        var email = PorticoApp.NewEmail();
        await _app.Client.Post("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        var code = await _app.CodeAsync(email);
        await _stack.Postgres.KillAsync();
        await Unavailable(Register());
        await Unavailable(Confirm());

        await _stack.Postgres.RestartAsync();
        await Eventually.Holds(async () => (await Register()).StatusCode == HttpStatusCode.Created, "registering");
        await Confirm().Json(HttpStatusCode.NoContent);

        Task<HttpResponseMessage> Register() =>
            _app.Client.Post("auth/register", new { email, code, person.Password, displayName = "Ada" });
        Task<HttpResponseMessage> Confirm() => _app.Client.Post(
            "auth/confirm-reset-password", new { person.Email, code = reset, newPassword = "another horse, another staple" });
    }

    [Fact]
    public async Task Without_postgresql_no_code_of_a_sign_in_is_used()
    {
        var world = new OAuthWorld { Stack = _stack };
        await world.InitializeAsync();
        try
        {
            using var browser = world.Browser();
            var returned = OAuthWorld.CodeIn(
                await browser.FlowAsync("google", new FakePerson(), OAuthWorld.To(OAuthWorld.Frontend)));
            var email = PorticoApp.NewEmail();
            var ofProvider = await world.SignInAsync("vk", new FakePerson { Email = email }).Json(HttpStatusCode.Accepted);
            var codeOfProvider = await world.CodeAsync(email);
            var person = await world.App.SignUpAsync();
            for (var n = 0; n < 2; n++)
                await person.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
            var ofPassword = await person.LogInAsync().Json(HttpStatusCode.Accepted);
            var codeOfPassword = PorticoApp.CodeIn(await world.App.MessageAsync(
                person.Email, text => text.Contains("somebody knows your password", StringComparison.Ordinal)));
            await _stack.Postgres.KillAsync();
            await Unavailable(Exchange());
            await Unavailable(world.ProveAsync(ofProvider, codeOfProvider));
            await Unavailable(world.ProveAsync(ofPassword, codeOfPassword));

            await _stack.Postgres.RestartAsync();
            await Eventually.Holds(async () => (await Exchange()).IsSuccessStatusCode, "the exchange of the code");
            await world.ProveAsync(ofProvider, codeOfProvider).Json(HttpStatusCode.OK);
            await world.ProveAsync(ofPassword, codeOfPassword).Json(HttpStatusCode.OK);

            Task<HttpResponseMessage> Exchange() => browser.ExchangeAsync(new { code = returned });
        }
        finally
        {
            await world.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("dies")]
    [InlineData("hangs")]
    public async Task Without_postgresql_what_was_known_of_a_person_stands(string fault)
    {
        var person = await _app.SignUpAsync();
        var stranger = await _app.SignUpAsync();
        var blocked = await _app.SignUpAsync();
        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        await _app.Database.ExecuteAsync("UPDATE users SET status = 'blocked' WHERE email = $1", blocked.Email);
        await blocked.GetAsync("/api/v1/auth/check").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await Break(_stack.Postgres, fault);

        var started = Stopwatch.GetTimestamp();
        for (var n = 0; n < 20; n++)
        {
            await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
            await stranger.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
            await blocked.GetAsync("/api/v1/auth/check").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        }

        // One caller a second waits for PostgreSQL, for a second; all 60 would take a minute.
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        await Mend(_stack.Postgres, fault);
        await _app.Database.ExecuteAsync("UPDATE users SET epoch = epoch + 1 WHERE email = $1", person.Email);
        await Eventually.Holds(
            async () => (await person.GetAsync("/api/v1/auth/check")).StatusCode == HttpStatusCode.Unauthorized, "asking again");
    }

    [Fact]
    public async Task Without_postgresql_the_known_keys_sign_and_a_server_that_starts_gets_its_keys_when_it_is_back()
    {
        const string Keys = "/.well-known/jwks.json";
        await _stack.Postgres.KillAsync();
        await using var late = await PorticoApp.StartAsync(new PorticoAppOptions { Stack = _stack, Database = _app.Database });

        await Unavailable(late.Client.GetAsync(Keys));
        var known = await _app.Client.GetStringAsync(Keys);
        Assert.True(ContactAddress.TryParseEmail("ada@example.org", out var address));
        var user = User.Register(address, "Ada", "en", DateTimeOffset.UnixEpoch);
        Assert.NotEmpty(_app.Services.GetRequiredService<IAccessTokenIssuer>().Issue(user, Guid.CreateVersion7()).Value);

        await _stack.Postgres.RestartAsync();
        await Eventually.Holds(async () => (await late.Client.GetAsync(Keys)).IsSuccessStatusCode, "the keys are there");
        Assert.Equal(known, await late.Client.GetStringAsync(Keys));
    }

    [Theory]
    [InlineData("dies")]
    [InlineData("hangs")]
    public async Task Without_nats_people_sign_up_and_readiness_says_degraded(string fault)
    {
        await Break(_stack.Nats, fault);
        await _app.SignUpAsync();
        await Eventually.Holds(
            async () => (await _app.Client.GetAsync("/health/ready").Json(HttpStatusCode.OK)).Text("status") == "degraded", "degraded");
        await Mend(_stack.Nats, fault);
        await Eventually.Holds(
            async () => (await _app.Client.GetAsync("/health/ready").Json(HttpStatusCode.OK)).Text("status") == "ready", "ready");
    }

    private static async Task Unavailable(Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero, $"{(int)response.StatusCode} without Retry-After");
        await response.Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
    }

    private Task Ready(string check, HttpStatusCode expected) => Eventually.Holds(
        async () =>
        {
            using var answer = await _app.Client.GetAsync("/health/ready");
            var body = await answer.Content.ReadAsStringAsync();
            return answer.StatusCode == expected && body.Contains(check, StringComparison.Ordinal);
        },
        $"readiness {expected} because of {check}");

    private static async Task Break(LocalServer server, string fault)
    {
        if (fault == "hangs")
            server.Pause();
        else
            await server.KillAsync();
    }

    private static async Task Mend(LocalServer server, string fault)
    {
        if (fault == "hangs")
            server.Resume();
        else
            await server.RestartAsync();
    }
}
