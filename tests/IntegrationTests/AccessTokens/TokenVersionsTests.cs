using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.AccessTokens;
using Portico.Testing;

namespace Portico.IntegrationTests.AccessTokens;

public sealed class TokenVersionsTests : PorticoTests
{
    [Fact]
    public async Task A_change_by_this_process_kills_access_tokens_at_once_and_refreshing_goes_on()
    {
        var person = await App.SignUpAsync();
        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        using (var scope = App.Services.CreateScope())
        {
            var db = scope.ServiceProvider.GetRequiredService<IAppDbContext>();
            await scope.ServiceProvider.GetRequiredService<ITransaction>().Run<Result<Unit>>(
                async token =>
                {
                    (await db.Users.SingleAsync(user => user.Email == person.Email, token)).AssignRole(Role.Manager);
                    return Unit.Value;
                },
                default);
        }

        await person.GetAsync("/api/v1/auth/check").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        var check = await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        Assert.Equal("""["manager","user"]""", check.GetProperty("roles").ToString());
    }

    [Theory]
    [InlineData("epoch = epoch + 1")]
    [InlineData("status = 'blocked'")]
    [InlineData("deleted_at = now()")]
    public async Task A_change_by_another_process_kills_access_tokens_within_a_second(string change)
    {
        var person = await App.SignUpAsync();
        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        await App.Database.ExecuteAsync($"UPDATE users SET {change} WHERE email = $1", person.Email);
        await Eventually.Holds(
            async () =>
            {
                using var answer = await person.GetAsync("/api/v1/auth/check");
                return answer.StatusCode == HttpStatusCode.Unauthorized;
            },
            "the token is refused");
    }

    [Fact]
    public async Task A_version_that_is_used_is_read_again_before_it_is_a_second_old_and_nobody_waits()
    {
        var clock = new StandingClock();
        var versions = new TokenVersions(App.Services.GetRequiredService<NpgsqlDataSource>(), clock);
        var person = await App.SignUpAsync();
        var id = Guid.Parse((await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK)).Text("sub"));
        Assert.True(await versions.Accepts(id, 0, default));
        await App.Database.ExecuteAsync("UPDATE users SET epoch = epoch + 1 WHERE id = $1", id);

        clock.Pass(TimeSpan.FromSeconds(0.6));
        var early = versions.Accepts(id, 0, default);
        Assert.True(early.IsCompletedSuccessfully && await early);

        await Eventually.Holds(
            async () =>
            {
                var answer = versions.Accepts(id, 0, default);
                Assert.True(answer.IsCompletedSuccessfully);
                return !await answer;
            },
            "the new version is known");
    }

    [Fact]
    public async Task Many_who_come_at_once_are_each_judged_by_their_own_record()
    {
        Guid[] ids = [.. Enumerable.Range(0, 600).Select(_ => Guid.CreateVersion7())];
        await App.Database.ExecuteAsync(
            """
            INSERT INTO users (id, version, display_name, email, email_verified_at, role, status, locale, epoch, created_at)
            SELECT id, 1, 'One of many', id || '@example.org', now(), 'user',
                CASE WHEN n % 5 = 0 THEN 'blocked' ELSE 'active' END, 'en', n, now()
            FROM unnest($1) WITH ORDINALITY AS many (id, n)
            """,
            ids);
        var versions = App.Services.GetRequiredService<ITokenVersions>();

        var accepted = await Task.WhenAll(ids.Select((id, n) => Task.Run(async () => (
            Old: await versions.Accepts(id, n, default),
            Now: await versions.Accepts(id, n + 1, default)))));

        Assert.Equal(ids.Select((_, n) => (Old: false, Now: (n + 1) % 5 != 0)), accepted);
    }

    [Fact]
    public async Task A_change_in_the_midst_of_many_checks_is_never_forgotten()
    {
        var versions = App.Services.GetRequiredService<ITokenVersions>();
        var person = await App.SignUpAsync();
        var id = Guid.Parse((await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK)).Text("sub"));
        using var stop = new CancellationTokenSource();
        var checks = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await versions.Accepts(id, 0, default);
                await Task.Yield();
            }
        })).ToArray();

        for (var version = 0; version < 50; version++)
        {
            Assert.True(await versions.Accepts(id, version, default));
            using var scope = App.Services.CreateScope();
            var db = scope.ServiceProvider.GetRequiredService<IAppDbContext>();
            await scope.ServiceProvider.GetRequiredService<ITransaction>().Run<Result<Unit>>(
                async token =>
                {
                    (await db.Users.SingleAsync(user => user.Id == id, token)).ChangePassword();
                    return Unit.Value;
                },
                default);
            Assert.False(await versions.Accepts(id, version, default));
        }

        await stop.CancelAsync();
        await Task.WhenAll(checks);
    }

    /// <summary>Its time passes only when it is told to; its timers are real.</summary>
    private sealed class StandingClock : TimeProvider
    {
        private long _timestamp;

        public void Pass(TimeSpan time) => _timestamp += (long)(time.TotalSeconds * TimestampFrequency);

        public override long GetTimestamp() => _timestamp;
    }
}
