using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portico.Application.Common.Persistence;
using Portico.Application.Users;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.IntegrationTests.Forecasts;
using Portico.Testing;

namespace Portico.IntegrationTests.Users;

[Collection(LimitedApp.Tests.Name)]
[Trait("Category", "Cases")]
public sealed class LastAdministratorTests(LimitedApp limited) : IAsyncLifetime
{
    private const int Races = 20;
    private const int Administrators = 4;

    private PorticoApp App => limited.App;

    public Task InitializeAsync() => Task.CompletedTask;

    // The next test begins with an administrator who is gone: nobody but the owner of the database can do that.
    public Task DisposeAsync() => App.Database.ExecuteAsOwnerAsync(
        """
        ALTER TABLE users DISABLE TRIGGER users_last_administrator;
        UPDATE users SET role = 'user' WHERE role = 'admin';
        ALTER TABLE users ENABLE TRIGGER users_last_administrator;
        """);

    [Fact]
    public async Task Leaves_only_when_there_is_another()
    {
        var first = await App.SignUpAsync(Role.Admin);
        await Leave(first).Problem(HttpStatusCode.Conflict, "last_administrator");
        await first.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        await first.SendAsync(HttpMethod.Put, $"/api/v1/users/{first.Id}/roles", new { roles = new[] { "user" } })
            .Problem(HttpStatusCode.Forbidden, "rank_too_low");
        await first.SendAsync(HttpMethod.Post, $"/api/v1/users/{first.Id}/block", new { reason = "A test." })
            .Problem(HttpStatusCode.Forbidden, "rank_too_low");

        var second = await App.SignUpAsync(Role.Admin);
        await Leave(first).Json(HttpStatusCode.NoContent);
        await Leave(second).Problem(HttpStatusCode.Conflict, "last_administrator");
    }

    [Fact]
    public async Task Of_two_who_leave_at_once_one_stays()
    {
        var people = new[] { await App.SignUpAsync(Role.Admin), await App.SignUpAsync(Role.Admin) };
        var answers = await Task.WhenAll(people.Select(Leave));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        await Assert.Single(answers, answer => answer.StatusCode != HttpStatusCode.NoContent)
            .Problem(HttpStatusCode.Conflict, "last_administrator");
    }

    [Theory]
    [InlineData("role = 'manager'")]
    [InlineData("status = 'blocked'")]
    [InlineData("deleted_at = now()")]
    public async Task Is_kept_whoever_changes_the_row(string change)
    {
        var last = await App.SignUpAsync(Role.Admin);
        var refused = await Assert.ThrowsAsync<PostgresException>(
            () => App.Database.ExecuteAsync($"UPDATE users SET {change} WHERE id = $1", last.Id));
        Assert.Equal("users_last_administrator", refused.ConstraintName);
        await App.Database.ExecuteAsync("UPDATE users SET display_name = 'Another name' WHERE id = $1", last.Id);
    }

    /// <summary>Administrators who leave, are demoted and are blocked, all at the same moment, twenty times a run.</summary>
    [Fact]
    [Trait("Category", Campaign.Category)]
    public Task In_every_race_one_stays() => Campaign.Run(1, _ => RaceAll());

    private async Task RaceAll()
    {
        var ids = (await Task.WhenAll(Enumerable.Range(0, Administrators).Select(_ => App.SignUpAsync(Role.Admin))))
            .Select(admin => admin.Id).ToArray();
        for (var race = 0; race < Races; race++)
        {
            var refused = await Task.WhenAll(ids.Select((id, n) => Task.Run(() => (n % 3) switch
            {
                0 => Change(id, user => user.DeleteOwnAccount(DateTimeOffset.UtcNow)),
                1 => Change(id, user => user.AssignRole(Role.User)),
                _ => Block(id),
            })));
            Assert.Single(refused, code => code == "last_administrator");
            Assert.Equal(Administrators - 1, refused.Count(code => code is null));
            Assert.Equal(1, await App.Database.ScalarAsync<long>(
                "SELECT count(*) FROM users WHERE role = 'admin' AND status = 'active' AND deleted_at IS NULL"));
            await App.Database.ExecuteAsync(
                "UPDATE users SET role = 'admin', status = 'active', deleted_at = NULL, deleted_by = NULL WHERE id = ANY($1)", ids);
        }
    }

    private static Task<HttpResponseMessage> Leave(TestPerson person) =>
        person.SendAsync(HttpMethod.Delete, "/api/v1/users/me", new DeleteAccount { Password = person.Password });

    /// <summary>Changes a user as a command does, and returns the code of the error.</summary>
    private async Task<string?> Change(Guid id, Action<User> change)
    {
        await using var scope = App.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IAppDbContext>();
        var result = await scope.ServiceProvider.GetRequiredService<ITransaction>().Run<Result<Unit>>(
            async token =>
            {
                change(await db.Users.SingleAsync(user => user.Id == id, token));
                return Unit.Value;
            },
            default);
        return result.Error?.Code;
    }

    private async Task<string?> Block(Guid id)
    {
        try
        {
            await App.Database.ExecuteAsync("UPDATE users SET status = 'blocked' WHERE id = $1", id);
            return null;
        }
        catch (PostgresException refused)
        {
            return refused.ConstraintName?.Replace("users_", "", StringComparison.Ordinal);
        }
    }
}
