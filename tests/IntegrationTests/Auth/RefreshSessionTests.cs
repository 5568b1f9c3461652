using System.Net;
using System.Text.Json;
using Npgsql;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed class RefreshSessionTests : PorticoTests
{
    [Fact]
    public async Task Names_a_missing_token_as_the_request_does()
    {
        var problem = await App.Client.Post("auth/refresh", new { refreshToken = "" })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal("'refreshToken' must not be empty.", problem.GetProperty("errors").GetProperty("refreshToken")[0].GetString());
    }

    [Fact]
    public async Task Gives_a_new_pair_for_the_same_session()
    {
        var person = await App.SignUpAsync();
        var sessionId = (await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK)).Text("sid");
        var tokens = await person.RefreshAsync().Json(HttpStatusCode.OK);
        Assert.NotEqual(person.RefreshToken, tokens.Text("refreshToken"));
        Assert.NotEqual(person.AccessToken, tokens.Text("accessToken"));
        Assert.Equal(sessionId, tokens.Text("sessionId"));
    }

    [Fact]
    public async Task Gives_tabs_that_refresh_together_the_same_successor()
    {
        var person = await App.SignUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => person.RefreshAsync().Json(HttpStatusCode.OK)));
        Assert.Single(answers.Select(answer => answer.Text("refreshToken")).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Ends_the_session_when_a_token_older_than_the_previous_one_comes_back()
    {
        var person = await App.SignUpAsync();
        var stolen = person.RefreshToken;
        person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        await App.EndGraceAsync(person);

        await person.RefreshAsync(stolen).Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        await person.GetAsync("/api/v1/users/me").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Tells_a_tab_whose_token_others_have_replaced_twice_and_ends_no_session_within_the_grace()
    {
        var person = await App.SignUpAsync();
        var first = person.RefreshToken;
        for (var n = 0; n < 5; n++)
        {
            person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
            if (n > 0)
                await person.RefreshAsync(first).Problem(HttpStatusCode.Unauthorized, "refresh_superseded");
        }

        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        await person.RefreshAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Ends_the_session_when_the_previous_token_comes_back_after_the_grace()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings = { ["Sessions:ReuseGrace"] = "00:00:00" },
        });
        var person = await app.SignUpAsync();
        var previous = person.RefreshToken;
        person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        // Within the same millisecond the grace of 0 ms is not over yet.
        await Eventually.Holds(async () =>
        {
            using var answer = await person.RefreshAsync(previous);
            return answer.StatusCode == HttpStatusCode.Unauthorized;
        }, "the end of the grace");
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
    }

    [Fact]
    public async Task Refuses_a_token_with_any_character_changed_and_leaves_the_session_alone()
    {
        var person = await App.SignUpAsync();
        for (var at = 0; at < person.RefreshToken.Length; at += 7)
        {
            var changed = person.RefreshToken.ToCharArray();
            changed[at] = changed[at] == 'A' ? 'B' : 'A';
            await person.RefreshAsync(new string(changed)).Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        }

        await person.RefreshAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Goes_on_when_redis_came_back_without_its_last_second()
    {
        var stack = App.Stack;
        var prefix = $"lost-{Guid.NewGuid():N}:";
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings = { ["Redis:KeyPrefix"] = prefix },
        });
        var person = await app.SignUpAsync();
        var first = person.RefreshToken;
        person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));

        // What Redis has lost is the rotation: it knows the first generation only.
        using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(stack.Redis.ConnectionString);
        var key = redis.GetServer(stack.Redis.ConnectionString).Keys(pattern: prefix + "session:*").Single();
        await redis.GetDatabase().HashSetAsync(key, "generation", 1);

        var next = await person.RefreshAsync().Json(HttpStatusCode.OK);
        Assert.NotEqual(first, next.Text("refreshToken"));
    }

    [Fact]
    public async Task Is_over_after_its_absolute_life_however_busy_it_is()
    {
        var person = await App.SignUpAsync();
        using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(App.Stack.Redis.ConnectionString);
        StackExchange.Redis.RedisKey key = $"{App.Settings["Redis:KeyPrefix"]}session:{{{person.Id:N}}}:{person.SessionId:N}";
        async Task Leave(TimeSpan life) =>
            await redis.GetDatabase().HashSetAsync(key, "absolute", (DateTimeOffset.UtcNow + life).ToUnixTimeMilliseconds());

        // A minute before its end a refresh lengthens nothing.
        await Leave(TimeSpan.FromMinutes(1));
        var tokens = await person.RefreshAsync().Json(HttpStatusCode.OK);
        Assert.InRange(tokens.GetProperty("refreshExpiresIn").GetInt32(), 1, 60);
        Assert.InRange((await redis.GetDatabase().KeyTimeToLiveAsync(key))!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1));

        person.Take(tokens);
        await Leave(TimeSpan.FromSeconds(-1));
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        Assert.False(await redis.GetDatabase().KeyExistsAsync(key));
    }

    [Fact]
    public async Task Is_over_when_it_is_idle_for_too_long()
    {
        var person = await App.SignUpAsync();
        using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(App.Stack.Redis.ConnectionString);
        StackExchange.Redis.RedisKey key = $"{App.Settings["Redis:KeyPrefix"]}session:{{{person.Id:N}}}:{person.SessionId:N}";
        Assert.InRange((await redis.GetDatabase().KeyTimeToLiveAsync(key))!.Value, TimeSpan.FromDays(13), TimeSpan.FromDays(14));

        // Its time is over at once, and comes back with no refresh.
        await redis.GetDatabase().KeyExpireAsync(key, TimeSpan.FromMilliseconds(1));
        await Eventually.Holds(async () => !await redis.GetDatabase().KeyExistsAsync(key), "the session has expired");
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        var ended = person.SessionId;
        person.Take(await person.LogInAsync().Json(HttpStatusCode.OK));
        var live = await person.GetAsync("/api/v1/auth/sessions").Json(HttpStatusCode.OK);
        Assert.DoesNotContain(live.GetProperty("items").EnumerateArray(), session => session.GetProperty("id").GetGuid() == ended);
    }

    [Fact]
    public async Task Ends_the_oldest_session_when_there_are_too_many()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings = { ["Sessions:MaxPerUser"] = "2" },
        });
        var person = await app.SignUpAsync();
        var second = await person.LogInAsync().Json(HttpStatusCode.OK);
        var third = await person.LogInAsync().Json(HttpStatusCode.OK);
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        await person.GetAsync("/api/v1/auth/check").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        foreach (var tokens in new JsonElement[] { second, third })
            await person.RefreshAsync(tokens.Text("refreshToken")).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_session_whose_idle_lifetime_is_over_pushes_no_other_out()
    {
        var prefix = $"idle-{Guid.NewGuid():N}:";
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings = { ["Redis:KeyPrefix"] = prefix, ["Sessions:MaxPerUser"] = "2" },
        });
        var person = await app.SignUpAsync();
        var idle = person.With((await person.LogInAsync().Json(HttpStatusCode.OK)).Text("accessToken"));
        var idleId = (await idle.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK)).Text("sid");
        using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(App.Stack.Redis.ConnectionString);
        var key = redis.GetServer(App.Stack.Redis.ConnectionString).Keys(pattern: $"{prefix}session:*:{Guid.Parse(idleId):N}").Single();
        await redis.GetDatabase().KeyExpireAsync(key, TimeSpan.FromMilliseconds(1));
        await Eventually.Holds(async () => !await redis.GetDatabase().KeyExistsAsync(key), "the session has expired");

        await person.LogInAsync().Json(HttpStatusCode.OK);
        await person.RefreshAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Notes_a_reuse_once_in_the_audit_log_and_counts_it()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions());
        var person = await app.SignUpAsync();
        var check = await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        var stolen = person.RefreshToken;
        person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        await app.EndGraceAsync(person);
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => person.RefreshAsync(stolen)));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode));

        await using var database = NpgsqlDataSource.Create(app.Database.Portico);
        await using var command = database.CreateCommand(
            """
            SELECT count(*) FROM audit_log
            WHERE action = 'session.ended_by_reuse' AND subject_id = $1 AND session_id = $2 AND ip IS NOT NULL AND trace_id IS NOT NULL
            """);
        command.Parameters.AddWithValue(check.Text("sub"));
        command.Parameters.AddWithValue(check.GetProperty("sid").GetGuid());
        Assert.Equal(1L, await command.ExecuteScalarAsync());
        var metrics = await app.Client.GetStringAsync(new Uri(app.Management, "/metrics"));
        Assert.Contains("\nportico_session_reuse_total{} 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_other_processes_of_a_reuse_even_if_redis_failed_just_then()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions());
        await using var other = await PorticoApp.StartAsync(new PorticoAppOptions { ReplicaOf = app });
        var person = await app.SignUpAsync();
        var elsewhere = new TestPerson(other, person.Email, person.Password);
        var stolen = person.RefreshToken;
        person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        var tokens = await person.RefreshAsync().Json(HttpStatusCode.OK);
        person.Take(tokens);
        elsewhere.Take(tokens);
        await elsewhere.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);

        // The list of ended sessions can't be written for a while.
        await app.EndGraceAsync(person);
        using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(app.Stack.Redis.ConnectionString);
        await redis.GetDatabase().StringSetAsync(app.Settings["Redis:KeyPrefix"] + "sessions:revoked", "broken");
        using (var failed = await person.RefreshAsync(stolen))
            Assert.False(failed.IsSuccessStatusCode);
        await person.GetAsync("/api/v1/auth/check").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        await redis.GetDatabase().KeyDeleteAsync(app.Settings["Redis:KeyPrefix"] + "sessions:revoked");

        await Eventually.Holds(
            async () =>
            {
                using var answer = await elsewhere.GetAsync("/api/v1/auth/check");
                return answer.StatusCode == HttpStatusCode.Unauthorized;
            },
            "the other process refuses too");
    }

    [Fact]
    public async Task Ends_a_session_of_before_a_new_password_though_redis_was_never_told()
    {
        var person = await App.SignUpAsync();
        var before = person.RefreshToken;
        await App.Database.ExecuteAsync(
            "UPDATE users SET epoch = epoch + 1, session_version = session_version + 1 WHERE email = $1", person.Email);
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");

        // For good, not only as long as the password is the new one.
        await App.Database.ExecuteAsync("UPDATE users SET session_version = session_version - 1 WHERE email = $1", person.Email);
        await person.RefreshAsync(before).Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
    }

    [Fact]
    public async Task Goes_on_when_another_role_has_killed_the_access_token()
    {
        var person = await App.SignUpAsync();
        await App.Database.ExecuteAsync("UPDATE users SET epoch = epoch + 1, role = 'manager' WHERE email = $1", person.Email);
        await person.RefreshAsync().Json(HttpStatusCode.OK);
    }
}
