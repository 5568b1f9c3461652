using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common.Security;
using Portico.DevStack;
using Portico.Infrastructure.Passwords;
using Portico.Infrastructure.RateLimiting;
using Portico.IntegrationTests.Cookies;
using Portico.IntegrationTests.Stacks;
using Portico.Testing;
using static Portico.IntegrationTests.Faults.RedisFaults;

namespace Portico.IntegrationTests.Faults;

/// <summary>
/// What each use of Redis answers while Redis is dead, hangs or was emptied, under load and on two replicas.
/// </summary>
public sealed class RedisFaultTests : IAsyncLifetime
{
    // Longer than it is in life, as the suite keeps the processors busy.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    private LocalStack _stack = null!;
    private PorticoApp _app = null!;
    private PorticoApp _other = null!;

    public async Task InitializeAsync()
    {
        _stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Redis });
        _app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Stack = _stack,
            Settings = { ["Redis:Deadline"] = Deadline.ToString("c"), ["Otp:ResendAfter"] = "00:00:01" },
        });
        _other = await PorticoApp.StartAsync(new PorticoAppOptions { ReplicaOf = _app });
    }

    public async Task DisposeAsync()
    {
        await _other.DisposeAsync();
        await _app.DisposeAsync();
        await _stack.DisposeAsync();
    }

    [Fact]
    public async Task A_password_that_has_changed_is_no_503_when_redis_dies_before_the_session_goes_on()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            ReplicaOf = _app,
            Services = services => services.AddSingleton<IPasswordHashing>(
                provider => new HookedHashing(provider.GetRequiredService<PasswordHashing>())),
        });
        var hashing = (HookedHashing)app.Services.GetRequiredService<IPasswordHashing>();
        var person = (await _app.SignUpAsync()).At(app.Client);
        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        // The session announces that it goes on, then the new password is hashed, then the change is committed.
        hashing.BeforeHash = () => _stack.Redis.KillAsync();

        await person.UpdatePasswordAsync("another horse, another staple").Problem(HttpStatusCode.Unauthorized, "sign_in_again");

        hashing.BeforeHash = () => Task.CompletedTask;
        await _stack.Redis.RestartAsync();
        await Eventually.Holds(
            async () =>
            {
                using var answer = await app.Client.Post("auth/login", new { person.Email, password = "another horse, another staple" });
                return answer.IsSuccessStatusCode;
            },
            "signing in with the new password");
        using var refreshed = await person.RefreshAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, refreshed.StatusCode);
    }

    /// <summary>Hashes passwords, and does something first.</summary>
    private sealed class HookedHashing(IPasswordHashing inner) : IPasswordHashing
    {
        public Func<Task> BeforeHash { get; set; } = () => Task.CompletedTask;

        public async Task<string> Hash(string password, CancellationToken cancellationToken)
        {
            await BeforeHash();
            return await inner.Hash(password, cancellationToken);
        }

        public IPasswordPlace Reserve() => inner.Reserve();

        public Task<PasswordMatch> Verify(string? hash, string password, CancellationToken cancellationToken) =>
            inner.Verify(hash, password, cancellationToken);
    }

    [Theory]
    [InlineData("dies")]
    [InlineData("hangs")]
    public async Task Each_use_answers_as_promised_while_redis_is_away(string fault)
    {
        await using var shipped = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            ReplicaOf = _app,
            Settings = { ["Redis:Deadline"] = null },
        });
        var person = await _app.SignUpAsync();
        var leaving = await _app.SignUpAsync();
        var signingUp = PorticoApp.NewEmail();
        await _app.Client.Post("auth/verify-code", new { email = signingUp, reason = "registration" }).Json(HttpStatusCode.Accepted);
        var code = await _app.CodeAsync(signingUp);
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = _app.Api };
        var browser = new CookieBrowser(client, _app.Api.GetLeftPart(UriPartial.Authority));
        await browser.LogInAsync(person).Json(HttpStatusCode.OK);
        Task<HttpResponseMessage> ByCookie(HttpClient at, string path = "/api/v1/users/me")
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Cookie", $"portico={browser.Cookie}");
            return at.SendAsync(request);
        }

        await ByCookie(_app.Client).Json(HttpStatusCode.OK);
        await Break(fault);

        // A browser goes on where its cookie is known, and waits elsewhere.
        await ByCookie(_app.Client).Json(HttpStatusCode.OK);
        await Unavailable(ByCookie(_other.Client));
        await ByCookie(_other.Client, "/health/live").Json(HttpStatusCode.OK);

        // Sessions and codes fail closed.
        await Unavailable(person.RefreshAsync());
        await Unavailable(leaving.SendAsync(HttpMethod.Post, "/api/v1/auth/logout"));
        await Unavailable(person.GetAsync("/api/v1/auth/sessions"));
        await Unavailable(person.LogInAsync());
        await Unavailable(_app.Client.Post("auth/verify-code", new { email = PorticoApp.NewEmail(), reason = "registration" }));
        await Unavailable(_app.Client.Post("auth/reset-password", new { person.Email, reason = "forgotten" }));
        await Unavailable(Register(signingUp, code));
        await Unavailable(
            _app.Client.Post("auth/login/challenge", new { challengeId = new string('A', 65), method = "addressCode", code = "000000" }));
        await Unavailable(person.UpdatePasswordAsync("another horse, another staple"));

        // Access tokens go on; sign-in is limited by each process alone, and more strictly, for everybody alike.
        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        foreach (var email in new[] { leaving.Email, PorticoApp.NewEmail() })
        {
            for (var n = 0; n < 2; n++)
                await LogIn(email).Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
            using var third = await LogIn(email);
            Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
            Assert.InRange(third.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 30);
        }

        // With the deadline as shipped nobody waits longer than 200 ms. A machine without a processor to spare may need another look.
        await Eventually.Holds(
            async () =>
            {
                var longest = TimeSpan.Zero;
                foreach (var _ in Enumerable.Range(0, 3))
                {
                    longest = Longest(longest, await Timed(() => Unavailable(person.At(shipped.Client).RefreshAsync())));
                    longest = Longest(
                        longest,
                        await Timed(
                            () =>
                                shipped.Client.Post("auth/login", new { email = PorticoApp.NewEmail(), password = "wrong password" })
                                    .Json(HttpStatusCode.Unauthorized)));
                    longest = Longest(
                        longest, await Timed(() => person.At(shipped.Client).GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK)));
                }

                return longest <= Promised;
            },
            "every answer comes within 200 ms");

        await Mend(fault);
        await Eventually.Holds(async () => (await person.RefreshAsync()).IsSuccessStatusCode, "refreshing again");
        await person.LogInAsync().Json(HttpStatusCode.OK);
        // Who asked to sign out is signed out: they are refused since then and could not ask again.
        await leaving.GetAsync("/api/v1/auth/check").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await Eventually.Holds(
            async () =>
            {
                using var answer = await leaving.RefreshAsync();
                // With its newest token each time: an old one would end the session by itself.
                if (answer.IsSuccessStatusCode)
                    leaving.Take(await answer.Json(HttpStatusCode.OK));
                return answer.StatusCode == HttpStatusCode.Unauthorized;
            },
            "the session is over");
        // The code that was tried in vain is still good: the outage cost one try at most, and brought none.
        await Register(signingUp, code).Json(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("dies")]
    [InlineData("hangs")]
    public async Task Requests_are_counted_by_each_process_alone_while_redis_is_away(string fault)
    {
        const int PerMinute = 10;
        const int Quota = 100 * PerMinute;
        var (one, other) = (
            _app.Services.GetRequiredService<IRequestRateLimiter>(), _other.Services.GetRequiredService<IRequestRateLimiter>());
        var person = Guid.NewGuid();
        await CountTogether(person);
        await Break(fault);

        // Nobody waits, and each allows the budget by itself.
        using var client = new HttpClient();
        await Eventually.Holds(
            async () =>
            {
                one.TrySpend(person, PerMinute, out _);
                return (await client.GetStringAsync(new Uri(_app.Management, "/metrics")))
                    .Contains("portico_limit_local_total{limit=\"user-requests\"}", StringComparison.Ordinal);
            },
            "those that are counted alone to be a metric");
        var (atOne, atOther) = (Spend(one), Spend(other));
        Assert.InRange(atOne, 1, Quota);
        Assert.InRange(atOther, 1, Quota);
        Assert.True(atOne + atOther > Quota, $"{atOne} and {atOther}");

        await Mend(fault);
        await CountTogether(Guid.NewGuid());

        async Task CountTogether(Guid somebody)
        {
            var own = 0;
            await Eventually.Holds(
                () =>
                {
                    one.TrySpend(somebody, PerMinute, out _);
                    other.TrySpend(somebody, PerMinute, out var use);
                    return Task.FromResult(use.Quota - use.Remaining > ++own);
                },
                "one replica to know what the other counts");
        }

        int Spend(IRequestRateLimiter budget)
        {
            var count = 0;
            while (budget.TrySpend(person, PerMinute, out _))
                count++;
            return count;
        }
    }

    [Fact]
    public async Task An_emptied_redis_signs_everybody_out_and_nothing_else()
    {
        var person = await _app.SignUpAsync();
        var signingUp = PorticoApp.NewEmail();
        await _app.Client.Post("auth/verify-code", new { email = signingUp, reason = "registration" }).Json(HttpStatusCode.Accepted);
        var code = await _app.CodeAsync(signingUp);
        Assert.Equal("+OK", await Wire.RedisAsync(_stack.Redis, "FLUSHALL"));
        Assert.Equal("+OK", await Wire.RedisAsync(_stack.Redis, "SCRIPT FLUSH"));

        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        await Register(signingUp, code).Problem(HttpStatusCode.BadRequest, "invalid_code");
        person.Take(await person.LogInAsync().Json(HttpStatusCode.OK));
        await person.RefreshAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Who_signed_out_before_redis_was_emptied_is_refused_by_a_process_that_starts_after_it()
    {
        var (leaving, staying) = (await _app.SignUpAsync(), await _app.SignUpAsync());
        (await leaving.SendAsync(HttpMethod.Post, "/api/v1/auth/logout")).Dispose();
        Assert.Equal("+OK", await Wire.RedisAsync(_stack.Redis, "FLUSHALL"));

        await using var late = await PorticoApp.StartAsync(new PorticoAppOptions { ReplicaOf = _app });
        await Eventually.Holds(
            async () => (await leaving.At(late.Client).GetAsync("/api/v1/auth/check")).StatusCode == HttpStatusCode.Unauthorized,
            "the new process to know who is out");
        await staying.At(late.Client).GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
    }

    /// <summary>
    /// Faults at random moments under load on both replicas; every single answer must be one that the table of uses allows.
    /// </summary>
    [Fact]
    [Trait("Category", Campaign.Category)]
    public Task Under_load_every_answer_is_one_that_is_promised() => Campaign.Run(2, async seed =>
    {
        var random = new Random(seed);
        var fault = new[] { "dies", "hangs", "is emptied" }[random.Next(3)];
        var people = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => (n % 2 == 0 ? _app : _other).SignUpAsync()));
        var signedOut = new ConcurrentBag<(TestPerson Person, string Token)>();
        var wrong = new ConcurrentBag<string>();
        var away = false;
        using var stop = new CancellationTokenSource();
        var load = people
            .Select((person, n) => Task.Run(() =>
                Use(person, new Random(unchecked(seed + n)), () => Volatile.Read(ref away), signedOut, wrong, stop.Token)))
            .ToArray();

        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(random.Next(50, 600)));
        await pause.WaitForNextTickAsync();
        Volatile.Write(ref away, true);
        if (fault == "is emptied")
            await Wire.RedisAsync(_stack.Redis, "FLUSHALL");
        else
            await Break(fault);
        await pause.WaitForNextTickAsync();
        if (fault != "is emptied")
            await Mend(fault);
        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.True(wrong.IsEmpty, $"Redis {fault}: {string.Join("; ", wrong.Take(10))}");

        // Nobody who was told that they are out is in again, and everybody can come back.
        foreach (var person in people[..2])
            await Eventually.Holds(async () => (await person.LogInAsync()).IsSuccessStatusCode, "signing in again on each replica");
        foreach (var (person, token) in signedOut)
            await person.RefreshAsync(token).Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
    });

    private static async Task Use(
        TestPerson person, Random random, Func<bool> isAway, ConcurrentBag<(TestPerson Person, string Token)> signedOut,
        ConcurrentBag<string> wrong, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            switch (random.Next(10))
            {
                case < 5:
                    if (await Judge("refresh", person.RefreshAsync(), HttpStatusCode.OK) is { } tokens)
                        person.Take(tokens);
                    break;
                case < 8:
                    // Only what ended the session refuses an access token; losing Redis does not.
                    await Judge("check", person.GetAsync("/api/v1/auth/check"), HttpStatusCode.OK);
                    break;
                case 8:
                    await Judge(
                        "sign in",
                        person.LogInAsync("wrong password"),
                        HttpStatusCode.Unauthorized,
                        HttpStatusCode.TooManyRequests,
                        HttpStatusCode.Accepted);
                    break;
                default:
                    var token = person.RefreshToken;
                    // When it is refused, nobody knows whether Redis has done it.
                    var logout = person.SendAsync(HttpMethod.Post, "/api/v1/auth/logout");
                    if (await Judge("sign out", logout, HttpStatusCode.NoContent) is not null)
                        signedOut.Add((person, token));
                    return;
            }
        }

        async Task<JsonElement?> Judge(string what, Task<HttpResponseMessage> answer, params HttpStatusCode[] normal)
        {
            using var response = await answer;
            if (normal.Contains(response.StatusCode))
                return response.StatusCode == HttpStatusCode.OK
                    ? JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(CancellationToken.None))
                    : default(JsonElement);

            // While Redis is away or was emptied: 503 with a time to wait, or a session that is not known any more.
            var promised = isAway() && what != "check" && (response.StatusCode == HttpStatusCode.ServiceUnavailable
                ? response.Headers.RetryAfter?.Delta > TimeSpan.Zero
                : what == "refresh" && response.StatusCode == HttpStatusCode.Unauthorized);
            if (!promised)
                wrong.Add($"{what}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(CancellationToken.None)}");
            return null;
        }
    }

    private Task<HttpResponseMessage> Register(string email, string code) =>
        _app.Client.Post("auth/register", new { email, code, password = "correct horse", displayName = "Ada" });

    private Task<HttpResponseMessage> LogIn(string email) => _app.Client.Post("auth/login", new { email, password = "wrong password" });

    private static TimeSpan Longest(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private Task Break(string fault) => RedisFaults.Break(_stack.Redis, fault);

    private Task Mend(string fault) => RedisFaults.Mend(_stack.Redis, fault);
}
