using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Users;
using Portico.Infrastructure.SigningKeys;
using Portico.IntegrationTests.AccessTokens;
using Portico.IntegrationTests.SigningKeys;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

/// <summary>A web API in this process and one in a process of its own, on one Redis and one PostgreSQL.</summary>
public sealed class Replicas : IAsyncLifetime
{
    public PorticoApp App { get; private set; } = null!;
    public PorticoProcess Other { get; private set; } = null!;
    public IReadOnlyList<HttpClient> Both => [App.Client, Other.Client];

    public async Task InitializeAsync()
    {
        var database = await TestDatabase.CreateAsync(await SharedStack.GetAsync());
        // Those that were made for another algorithm would be exchanged a minute later.
        await database.ExecuteAsync("DELETE FROM identity.signing_keys");
        App = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Database = database,
            Settings =
            {
                ["Tokens:Algorithm"] = "ES256",
                ["Tokens:SigningKeyLead"] = "00:00:04",
                ["Tokens:SigningKeyLifetime"] = "00:00:06",
            },
        });
        Other = await PorticoProcess.StartAsync(App, new Dictionary<string, string?>(StringComparer.Ordinal));
    }

    public async Task DisposeAsync()
    {
        await Other.DisposeAsync();
        await App.DisposeAsync();
    }
}

/// <summary>What ends or changes at one process is known to the other.</summary>
public sealed class ReplicaTests(Replicas replicas) : IClassFixture<Replicas>
{
    private const string Check = "/api/v1/auth/check";
    private const int Sessions = 6;
    private const int Measurements = 3;
    private const int Workers = 4;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(40);

    [Theory]
    [InlineData("by its owner")]
    [InlineData("by another password")]
    public async Task A_session_that_ends_at_one_is_refused_at_the_other_within_a_second(string how)
    {
        List<TimeSpan[]> measured = [];
        // Again, since a machine that is busy enough keeps PostgreSQL and Redis past their deadlines, as if they were away.
        while (measured.Count < Measurements && (measured.Count == 0 || measured[^1].Any(wait => wait > TimeSpan.FromSeconds(1))))
            measured.Add(await Task.WhenAll(Enumerable.Range(0, Sessions).Select(_ => LongestAccepted(how))));

        Assert.All(measured[^1], wait => Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Keys_rotate_under_load_by_schedule_and_by_command_and_nobody_sees_a_401()
    {
        // Those of the tests before, of which there is a most; but not those with which a process may still sign that reads its keys late.
        await replicas.App.Database.TextAsync(
            "DELETE FROM identity.signing_keys WHERE state = 'previous' AND published_until < $1",
            DateTimeOffset.UtcNow + SigningKeySet.Retention - TimeSpan.FromSeconds(15));
        var both = replicas.Both;
        var person = await replicas.App.SignUpAsync();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        var (signers, checks, commanded) = (new ConcurrentDictionary<string, bool>(StringComparer.Ordinal), 0, 0);

        async Task<TestPerson> SignIn(int worker)
        {
            var at = person.At(both[worker % 2]);
            at.Take(await at.LogInAsync().Json(HttpStatusCode.OK));
            return at;
        }

        async Task Work(TestPerson at, HttpClient own)
        {
            var verifier = new CachingVerifier(own);
            using var pace = new PeriodicTimer(Pace);
            // By command one, so another one of three is by schedule.
            while (!stop.IsCancellationRequested && (signers.Count < 3 || Volatile.Read(ref commanded) == 0))
            {
                at.Take(await at.RefreshAsync().Json(HttpStatusCode.OK));
                foreach (var server in both)
                {
                    await at.At(server).GetAsync(Check).Json(HttpStatusCode.OK);
                    Interlocked.Increment(ref checks);
                }

                signers.TryAdd(await verifier.Verify(at.AccessToken), true);
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }
        }

        // One after the other: an attempt counts as a failure until it has succeeded, and only two of an address are free.
        List<TestPerson> signedIn = [];
        for (var worker = 0; worker < Workers; worker++)
            signedIn.Add(await SignIn(worker));
        var workers = Task.WhenAll(signedIn.Select((at, worker) => Work(at, both[worker % 2])));
        // Refused until verifiers have had the time to learn of the next key.
        await Eventually.Holds(
            async () => (await KeysTool.RunAsync(replicas.App.Database, "keys", "rotate")).ExitCode == 0, "the keys rotate by command");
        Volatile.Write(ref commanded, 1);
        await workers;

        Assert.True(signers.Count >= 3, $"{signers.Count} keys signed");
        Assert.True(checks > 100, $"{checks} checks");
    }

    [Fact]
    public async Task A_stolen_key_is_dead_within_seconds_and_every_token_with_it()
    {
        var (database, person) = (replicas.App.Database, await replicas.App.SignUpAsync());
        var stolen = Ring().Signer.Id;
        Assert.Contains("as an emergency", (await KeysTool.RunAsync(database, "keys", "drop", stolen)).Output, StringComparison.Ordinal);

        var dropped = await KeysTool.RunAsync(database, "keys", "drop", stolen, "--emergency");

        Assert.True(dropped.ExitCode == 0, dropped.Output);
        foreach (var server in replicas.Both)
            await Eventually.Holds(
                async () => await Status(person.At(server)) == HttpStatusCode.Unauthorized, "the token is refused");
        await NotPublished(stolen);
        await Eventually.Holds(() => Task.FromResult(Ring().Signer.Id != stolen), "the server in this process signs with another key");
        person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        await person.At(replicas.Other.Client).GetAsync(Check).Json(HttpStatusCode.OK);
        Assert.Equal("1", await database.TextAsync("SELECT epoch FROM users WHERE id = $1", person.Id));
        Assert.Equal(
            "1",
            await database.TextAsync("SELECT count(*) FROM audit_log WHERE action = 'signing_key.dropped' AND subject_id = $1", stolen));
    }

    [Fact]
    public async Task A_token_of_a_key_made_a_moment_ago_is_good_everywhere_at_once()
    {
        var person = await replicas.App.SignUpAsync();
        // With no next key the one that signs from now on was never published.
        await replicas.App.Database.ExecuteAsync("DELETE FROM identity.signing_keys WHERE state = 'next'");
        var stolen = Ring().Signer;
        var admin = await replicas.App.SignUpAsync(Role.Admin);
        await admin.SendAsync(HttpMethod.Delete, $"/api/v1/signing-keys/{stolen.Id}", new { reason = "It was stolen.", emergency = true })
            .Json(HttpStatusCode.OK);
        Assert.NotEqual(stolen, Ring().Signer);
        await admin.GetAsync(Check).Problem(HttpStatusCode.Unauthorized, "unauthenticated");

        using var scope = replicas.App.Services.CreateScope();
        var user = await scope.ServiceProvider.GetRequiredService<IAppDbContext>().Users.SingleAsync(user => user.Email == person.Email);
        var token = scope.ServiceProvider.GetRequiredService<IAccessTokenIssuer>().Issue(user, person.SessionId).Value;
        person.Take(JsonSerializer.SerializeToElement(new { accessToken = token, refreshToken = person.RefreshToken }));
        var there = person.At(replicas.Other.Client);
        // 503 is the answer of a process that was kept from reading the keys for seconds. Never 401.
        await Eventually.Holds(
            async () => await Status(there) != HttpStatusCode.ServiceUnavailable, "the other process has read the keys");
        await there.GetAsync(Check).Json(HttpStatusCode.OK);
        // Who signs in next must not get a token of the dropped key.
        await NotPublished(stolen.Id);
    }

    private async Task NotPublished(string key)
    {
        foreach (var server in replicas.Both)
        {
            await Eventually.Holds(
                async () =>
                    !(await server.GetStringAsync("/.well-known/jwks.json"))
                        .Contains(key, StringComparison.Ordinal), "the key is published no more");
        }
    }

    /// <summary>How long after the end of a session the other process took its token for good.</summary>
    /// <remarks>
    /// A check counts from when it was sent: what it is judged by was read a second earlier at most, however late it is judged, so a busy
    /// machine makes this no longer.
    /// </remarks>
    private async Task<TimeSpan> LongestAccepted(string how)
    {
        var person = await replicas.App.SignUpAsync();
        var there = person.At(replicas.Other.Client);
        there.Take(await there.LogInAsync().Json(HttpStatusCode.OK));
        await there.GetAsync(Check).Json(HttpStatusCode.OK);
        if (how == "by its owner")
            await person.SendAsync(HttpMethod.Delete, $"/api/v1/auth/sessions/{there.SessionId}").Json(HttpStatusCode.NoContent);
        else
            await person.UpdatePasswordAsync("another horse, another staple").Json(HttpStatusCode.OK);

        var ended = Stopwatch.GetTimestamp();
        var accepted = ended;
        await Eventually.Holds(
            async () =>
            {
                var sent = Stopwatch.GetTimestamp();
                if (await Status(there) == HttpStatusCode.Unauthorized)
                    return true;
                accepted = sent;
                return false;
            },
            "the other process refuses");
        await there.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        return Stopwatch.GetElapsedTime(ended, accepted);
    }

    private KeyRing Ring() => replicas.App.Services.GetRequiredService<TokenKeys>().Current;

    private static async Task<HttpStatusCode> Status(TestPerson person)
    {
        using var answer = await person.GetAsync(Check);
        return answer.StatusCode;
    }
}
