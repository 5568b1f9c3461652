using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Testing;
using StackExchange.Redis;

namespace Portico.IntegrationTests.Auth;

/// <summary>How often codes are sent and tried, and what Redis knows of them.</summary>
public sealed class CodeLimitsTests
{
    // In development the limits per client are a hundred times larger.
    private const int DevelopmentFactor = 100;

    [Fact]
    public async Task Another_code_has_tries_of_its_own()
    {
        await using var app = await StartAsync(("Otp:ResendAfter", "00:00:01"));
        var email = PorticoApp.NewEmail();
        await app.Client.Post("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        var first = await app.CodeAsync(email);
        for (var n = 0; n < 5; n++)
            await Register(app, email, first == "000000" ? "000001" : "000000").Problem(HttpStatusCode.BadRequest, "invalid_code");

        await Eventually.Holds(
            async () =>
            {
                using var answer = await app.Client.Post("auth/verify-code", new { email, reason = "registration" });
                return answer.StatusCode == HttpStatusCode.Accepted;
            },
            "another code after the pause");
        var second = first;
        await Eventually.Holds(async () => (second = await app.CodeAsync(email)) != first, "another message");
        await Register(app, email, first).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Register(app, email, second).Json(HttpStatusCode.Created);
    }

    [Fact]
    public async Task All_purposes_of_an_address_share_the_codes_of_a_day()
    {
        await using var app = await StartAsync(("Otp:MaxPerHour", "2"), ("Otp:MaxPerDay", "2"));
        var person = await app.SignUpAsync();
        await app.Client.Post("auth/reset-password", new { person.Email, reason = "forgotten" }).Json(HttpStatusCode.Accepted);
        using var third = await person.SendAsync(
            HttpMethod.Post, "/api/v1/auth/verify-code", new { person.Email, reason = "changeContact" });
        Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
        Assert.InRange(third.Headers.RetryAfter!.Delta!.Value.TotalHours, 23, 24);
    }

    [Fact]
    public async Task A_client_asks_for_no_more_codes_than_it_may_whomever_they_go_to()
    {
        await using var app = await StartAsync(("Otp:MaxPerHourAndClient", "1"));
        for (var n = 0; n < DevelopmentFactor; n++)
            await Ask(app).Json(HttpStatusCode.Accepted);
        using var refused = await Ask(app);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalMinutes, 50, 60);

        static Task<HttpResponseMessage> Ask(PorticoApp app) =>
            app.Client.Post("auth/reset-password", new { email = PorticoApp.NewEmail(), reason = "forgotten" });
    }

    [Fact]
    public async Task A_client_tries_no_more_codes_than_it_may_whosever_they_are()
    {
        await using var app = await StartAsync(("Otp:MaxTriesPerHourAndClient", "1"));
        for (var n = 0; n < DevelopmentFactor; n++)
            await Register(app, PorticoApp.NewEmail(), "000000").Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Register(app, PorticoApp.NewEmail(), "000000").Problem(HttpStatusCode.TooManyRequests, "too_many_attempts");
        await app.Client.Post("auth/login/challenge", new { challengeId = "x", method = "addressCode", code = "000000" })
            .Problem(HttpStatusCode.TooManyRequests, "too_many_attempts");
    }

    [Fact]
    public async Task A_client_that_fails_with_many_addresses_is_asked_for_codes_and_then_refused_and_successes_do_not_count()
    {
        await using var app = await StartAsync(("SignIn:ChallengeClientAfter", "1"), ("SignIn:MaxPerClient", "2"));
        var person = await app.SignUpAsync();
        for (var n = 0; n < 3 * DevelopmentFactor; n++)
            await person.LogInAsync().Json(HttpStatusCode.OK);

        for (var n = 1; n < 2 * DevelopmentFactor; n++)
            await LogIn(app).Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await LogIn(app).Json(HttpStatusCode.Accepted);
        await LogIn(app).Problem(HttpStatusCode.TooManyRequests, "too_many_attempts");

        static Task<HttpResponseMessage> LogIn(PorticoApp app) =>
            app.Client.Post("auth/login", new { email = PorticoApp.NewEmail(), password = "wrong password" });
    }

    [Fact]
    public async Task Sign_ins_that_were_refused_count_for_nothing_after_those_before_them_have_succeeded()
    {
        await using var app = await StartAsync(("SignIn:ChallengeClientAfter", "1"), ("SignIn:MaxPerClient", "1"));
        var throttle = app.Services.GetRequiredService<ISignInThrottle>();
        var client = IPAddress.Parse("203.0.113.90");
        var running = Enumerable.Range(0, DevelopmentFactor).Select(_ => NewAddress()).ToArray();
        foreach (var address in running)
            Assert.True((await Begin(address)).IsSuccess);
        for (var n = 0; n < 2 * DevelopmentFactor; n++)
            Assert.Equal("too_many_attempts", (await Begin(NewAddress())).Error?.Code);
        foreach (var address in running)
            await throttle.Succeeded(address, client, CancellationToken.None);

        // Nobody has failed.
        Assert.Equal(SignInProof.Password, (await Begin(NewAddress())).Value);

        Task<Result<SignInProof>> Begin(ContactAddress address) =>
            throttle.Begin(address, client, reachable: true, CancellationToken.None);

        static ContactAddress NewAddress() =>
            ContactAddress.TryParseEmail(PorticoApp.NewEmail(), out var address) ? address : throw new InvalidOperationException();
    }

    [Fact]
    public async Task A_limited_route_reports_what_a_client_has_left()
    {
        await using var app = await StartAsync(("SignIn:MaxPerClient", "30"), ("Otp:MaxTriesPerHourAndClient", "1"));
        var person = await app.SignUpAsync();
        for (var left = (30 * DevelopmentFactor) - 1; left >= (30 * DevelopmentFactor) - 2; left--)
        {
            using var answer = await person.LogInAsync("wrong password");
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal(
                ["client-requests", "sign-in"], answer.Headers.GetValues("RateLimit-Policy").Select(policy => policy.Split('"')[1]));
            Assert.Equal($"\"sign-in\";q={30 * DevelopmentFactor};w=900", answer.Headers.GetValues("RateLimit-Policy").Last());
            Assert.Matches($"^\"sign-in\";r={left};t=(900|[1-8][0-9][0-9])$", answer.Headers.GetValues("RateLimit").Last());
        }

        for (var n = 1; n < DevelopmentFactor; n++)
            (await Register(app, PorticoApp.NewEmail(), "000000")).Dispose();
        using var refused = await Register(app, PorticoApp.NewEmail(), "000000");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Matches("^\"code-tries\";r=0;t=3[0-9]{3}$", refused.Headers.GetValues("RateLimit").Last());
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 3000, 3600);
    }

    [Fact]
    public async Task Redis_holds_neither_codes_nor_addresses_nor_what_a_password_proved()
    {
        await using var app = await StartAsync(("SignIn:FreeFailures", "2"), ("SignIn:ChallengeAfter", "2"));
        var person = await app.SignUpAsync();
        for (var n = 0; n < 2; n++)
            await person.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        var registration = await app.CodeAsync(person.Email);
        await person.LogInAsync().Json(HttpStatusCode.Accepted);
        var code = registration;
        await Eventually.Holds(async () => (code = await app.CodeAsync(person.Email)) != registration, "the code to sign in");

        using var redis = await ConnectionMultiplexer.ConnectAsync(app.Stack.Redis.ConnectionString);
        var keys = redis.GetServer(app.Stack.Redis.ConnectionString).Keys(pattern: app.Settings["Redis:KeyPrefix"] + "*").ToArray();
        Assert.Contains(keys, key => ((string)key!).Contains("challenge:", StringComparison.Ordinal));
        foreach (var key in keys)
        {
            var name = (string)key!;
            var kind = await redis.GetDatabase().KeyTypeAsync(key);
            var value = kind switch
            {
                RedisType.String => (string?)await redis.GetDatabase().StringGetAsync(key),
                RedisType.Hash => string.Join(' ', await redis.GetDatabase().HashGetAllAsync(key)),
                _ => "",
            };
            Assert.DoesNotContain(person.Email[..20], name + value, StringComparison.OrdinalIgnoreCase);
            Assert.NotEqual(code, value);

            // Its owner's id stands beside a session, and nowhere else.
            if (!name.Contains(":session", StringComparison.Ordinal))
                Assert.DoesNotContain(person.Id.ToString("N"), name + value, StringComparison.OrdinalIgnoreCase);
        }
    }

    private static Task<PorticoApp> StartAsync(params (string Name, string Value)[] settings) => PorticoApp.StartAsync(new PorticoAppOptions
    {
        Settings = settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value, StringComparer.Ordinal),
    });

    private static Task<HttpResponseMessage> Register(PorticoApp app, string email, string code) =>
        app.Client.Post("auth/register", new { email, code, password = "correct horse", displayName = "Ada" });
}
