using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Portico.Application.Auth;
using Portico.Application.Common;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Infrastructure.Passwords;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed class LogInTests : PorticoTests
{
    [Fact]
    public async Task Signs_in_with_the_address_in_any_case()
    {
        var person = await App.SignUpAsync();
        var tokens = await App.Client.Post("auth/login", new { email = person.Email.ToUpperInvariant(), person.Password })
            .Json(HttpStatusCode.OK);
        person.Take(tokens);
        var check = await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        Assert.Equal(tokens.Text("sessionId"), check.Text("sid"));
        Assert.Equal("""["user"]""", check.GetProperty("roles").ToString());
        Assert.Equal("[]", check.GetProperty("permissions").ToString());
    }

    [Fact]
    public async Task Answers_a_wrong_password_and_an_unknown_address_alike()
    {
        var person = await App.SignUpAsync();
        var wrong = await person.LogInAsync("not the password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        var unknown = await App.Client.Post("auth/login", new { email = PorticoApp.NewEmail(), password = "not the password" })
            .Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        Assert.Equal(wrong.Text("detail"), unknown.Text("detail"));
        Assert.Equal(wrong.EnumerateObject().Select(p => p.Name), unknown.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task Signs_nobody_in_as_whoever_is_read_in_the_place_of_an_unknown_person()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions());
        await app.Client.Post("auth/login", new { email = PorticoApp.NewEmail(), password = "nobody's password" })
            .Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        var first = await app.SignUpAsync();
        await app.Client.Post("auth/login", new { email = PorticoApp.NewEmail(), first.Password })
            .Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await app.Client.Post("auth/login", new { phone = "+4915112345678", first.Password })
            .Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await first.LogInAsync().Json(HttpStatusCode.OK);

        // Nor is anybody passed over for one who has no address of the kind.
        await app.Database.ExecuteAsync(
            "UPDATE users SET email = NULL, email_verified_at = NULL, phone = '+4915112345670', phone_verified_at = now() WHERE id = $1",
            first.Id);
        var second = await app.SignUpAsync();
        second.Take(await second.LogInAsync().Json(HttpStatusCode.OK));
        Assert.Equal(second.Id.ToString(), (await second.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK)).Text("sub"));
    }

    [Fact]
    public async Task Delays_from_the_third_failure_on_and_the_owner_signs_in_after_it()
    {
        var person = await App.SignUpAsync();
        for (var failure = 1; failure <= 3; failure++)
            await person.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");

        using var delayed = await person.LogInAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, delayed.StatusCode);
        Assert.NotNull(delayed.Headers.RetryAfter);
        await Eventually.Holds(
            async () =>
            {
                using var answer = await person.LogInAsync();
                return answer.StatusCode == HttpStatusCode.OK;
            },
            "the end of the delay");

        // The count starts again.
        await person.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await person.LogInAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Replaces_the_hash_when_it_is_weaker_or_of_another_algorithm()
    {
        await using var costly = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Database = App.Database,
            Settings = { ["Passwords:Argon2MemoryKiB"] = "64" },
        });
        var person = await App.SignUpAsync();
        var there = new TestPerson(costly, person.Email, person.Password);
        Assert.StartsWith("$argon2id$v=19$m=8,t=1,p=1$", await Hash(person), StringComparison.Ordinal);

        await there.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        Assert.StartsWith("$argon2id$v=19$m=8,t=1,p=1$", await Hash(person), StringComparison.Ordinal);
        await there.LogInAsync().Json(HttpStatusCode.OK);
        Assert.StartsWith("$argon2id$v=19$m=64,t=1,p=1$", await Hash(person), StringComparison.Ordinal);

        // Where less is set the costlier hash is good, and stays.
        await person.LogInAsync().Json(HttpStatusCode.OK);
        Assert.StartsWith("$argon2id$v=19$m=64,t=1,p=1$", await Hash(person), StringComparison.Ordinal);

        // As if imported from another system, and as Portico made them before. Both passwords are "p\u00E4ssword horse".
        foreach (var imported in new[] { "$2y$05$abcdefghijklmnopqrstuuhI5OkmtXeU4o4O7kWnJ5ep/uT8Fi7Zu", OldHash("p\u00E4ssword horse") })
        {
            await App.Database.ExecuteAsync(
                "UPDATE identity.credentials SET password_hash = $1 WHERE id = (SELECT id FROM users WHERE email = $2)", imported,
                person.Email);
            await person.LogInAsync("p\u00E4ssword horse").Json(HttpStatusCode.OK);
            Assert.StartsWith("$argon2id$v=19$m=8,t=1,p=1$", await Hash(person), StringComparison.Ordinal);
            await person.LogInAsync("pa\u0308ssword horse").Json(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Signs_in_with_the_old_hash_when_too_many_hashes_wait_to_replace_it()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions { Services = FullQueue.Replace });
        var person = await app.SignUpAsync();
        var old = OldHash(person.Password);
        await app.Database.ExecuteAsync("UPDATE identity.credentials SET password_hash = $1 WHERE id = $2", old, person.Id);
        var hashing = (FullQueue)app.Services.GetRequiredService<IPasswordHashing>();

        hashing.IsFull = true;
        await person.LogInAsync().Json(HttpStatusCode.OK);
        Assert.Equal(old, await Hash());
        hashing.IsFull = false;
        await person.LogInAsync().Json(HttpStatusCode.OK);
        Assert.NotEqual(old, await Hash());

        Task<string> Hash() => app.Database.TextAsync("SELECT password_hash FROM identity.credentials WHERE id = $1", person.Id);
    }

    [Theory]
    [Trait("Category", "Cases")]
    [InlineData("Caf\u00E9-2026-horse", "Cafe\u0301-2026-horse", "\uFF23af\u00E9-2026-horse")]
    [InlineData("Cafe\u0301-2026-horse", "Caf\u00E9-2026-horse", "Cafe-2026-horse")]
    [InlineData("Cafe-2026-horse", "Cafe-2026-horse", "\uFF23\uFF41\uFF46\uFF45-2026-horse")]
    public async Task Knows_a_password_however_its_letters_are_spelt(string password, string spelling, string another)
    {
        var email = PorticoApp.NewEmail();
        await App.Client.Post("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        await App.Client.Post("auth/register", new { email, code = await App.CodeAsync(email), password, displayName = "Ada" })
            .Json(HttpStatusCode.Created);

        await App.Client.Post("auth/login", new { email, password = spelling }).Json(HttpStatusCode.OK);
        await App.Client.Post("auth/login", new { email, password = another })
            .Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
    }

    [Fact]
    public async Task Knows_the_longest_password_however_its_letters_are_spelt()
    {
        var (typed, spelling) = (string.Concat(Enumerable.Repeat("\u1EC7", 128)), string.Concat(Enumerable.Repeat("e\u0323\u0302", 128)));
        var person = await App.SignUpAsync();
        await person.UpdatePasswordAsync(typed).Json(HttpStatusCode.OK);
        await App.Client.Post("auth/login", new { person.Email, password = spelling }).Json(HttpStatusCode.OK);
    }

    private static string OldHash(string password) => new PasswordHasher<Credential>(
        Options.Create(new PasswordHasherOptions { IterationCount = 1_000 })).HashPassword(new Credential(), password);

    private async Task<string> Hash(TestPerson person)
    {
        await using var database = NpgsqlDataSource.Create(App.Database.Portico);
        await using var command = database.CreateCommand(
            "SELECT c.password_hash FROM identity.credentials c JOIN users u ON u.id = c.id WHERE u.email = $1");
        command.Parameters.AddWithValue(person.Email);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    [Fact]
    public async Task Judges_no_more_passwords_in_a_race_than_one_by_one()
    {
        var person = await App.SignUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(n => person.LogInAsync($"wrong password {n}")));
        Assert.Equal(3, answers.Count(answer => answer.StatusCode == HttpStatusCode.Unauthorized));
        Assert.Equal(29, answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
    }

    [Fact]
    public async Task Opens_no_session_for_a_password_that_changed_while_it_was_judged()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions { Services = OutdatedSessions.Replace });
        var person = await app.SignUpAsync();
        var sessions = (OutdatedSessions)app.Services.GetRequiredService<ISessions>();
        sessions.Database = app.Database.Portico;
        await person.LogInAsync().Problem(HttpStatusCode.Unauthorized, "invalid_credentials");

        sessions.Database = null;
        Assert.Single(await sessions.List(sessions.Opened, CancellationToken.None));
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
    }

    /// <summary>Sessions that open just after somebody else has changed the password.</summary>
    private sealed class OutdatedSessions(ISessions inner) : ISessions
    {
        public string? Database { get; set; }

        public Guid Opened { get; private set; }

        public static void Replace(IServiceCollection services)
        {
            var real = services.Single(service => service.ServiceType == typeof(ISessions)).ImplementationType!;
            services.AddSingleton<ISessions>(
                provider => new OutdatedSessions((ISessions)ActivatorUtilities.CreateInstance(provider, real)));
        }

        public async Task<SessionTicket> Open(
            Guid userId, int version, bool hasSecondFactor, IClient client, CancellationToken cancellationToken)
        {
            Opened = userId;
            if (Database is not null)
            {
                await using var database = NpgsqlDataSource.Create(Database);
                await using var command = database.CreateCommand("UPDATE users SET session_version = session_version + 1 WHERE id = $1");
                command.Parameters.AddWithValue(userId);
                await command.ExecuteNonQueryAsync(cancellationToken);
            }

            return await inner.Open(userId, version, hasSecondFactor, client, cancellationToken);
        }

        public Task ProveSecondFactor(Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
            inner.ProveSecondFactor(userId, sessionId, cancellationToken);

        public Task<bool> HasFreshSecondFactor(Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
            inner.HasFreshSecondFactor(userId, sessionId, cancellationToken);

        public Guid? UserOf(string refreshToken) => inner.UserOf(refreshToken);

        public Task<Rotation> Rotate(string refreshToken, CancellationToken cancellationToken) =>
            inner.Rotate(refreshToken, cancellationToken);

        public Task<Rotation> Resume(string cookie, CancellationToken cancellationToken) => inner.Resume(cookie, cancellationToken);

        public Task<Result<SessionTicket>> Continue(Guid userId, Guid sessionId, int version, CancellationToken cancellationToken) =>
            inner.Continue(userId, sessionId, version, cancellationToken);

        public Task<bool> Announce(Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
            inner.Announce(userId, sessionId, cancellationToken);

        public Task<bool> EndOutdated(Guid userId, Guid sessionId, int version, CancellationToken cancellationToken) =>
            inner.EndOutdated(userId, sessionId, version, cancellationToken);

        public Task<IReadOnlyList<LiveSession>> List(Guid userId, CancellationToken cancellationToken) =>
            inner.List(userId, cancellationToken);

        public Task<bool> Exists(Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
            inner.Exists(userId, sessionId, cancellationToken);

        public Task<bool> IsFresh(Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
            inner.IsFresh(userId, sessionId, cancellationToken);

        public Task End(Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
            inner.End(userId, sessionId, cancellationToken);

        public Task EndAll(Guid userId, CancellationToken cancellationToken) => inner.EndAll(userId, cancellationToken);

        public Task EndOthers(Guid userId, Guid keptSessionId, CancellationToken cancellationToken) =>
            inner.EndOthers(userId, keptSessionId, cancellationToken);
    }
}
