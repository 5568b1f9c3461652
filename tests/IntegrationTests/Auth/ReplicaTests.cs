using System.Diagnostics;
using System.Net;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

/// <summary>Two replicas on one Redis and one PostgreSQL: what ends at one is refused at the other.</summary>
public sealed class ReplicaTests : IAsyncLifetime
{
    private const int Sessions = 9;

    private PorticoApp _here = null!;
    private PorticoApp _there = null!;

    public async Task InitializeAsync()
    {
        _here = await PorticoApp.StartAsync(new PorticoAppOptions());
        _there = await PorticoApp.StartAsync(new PorticoAppOptions { ReplicaOf = _here });
    }

    public async Task DisposeAsync()
    {
        await _there.DisposeAsync();
        await _here.DisposeAsync();
    }

    [Theory]
    [InlineData("by its owner")]
    [InlineData("by another password")]
    public async Task A_session_that_ends_here_is_refused_there_within_a_second(string how)
    {
        var waits = new List<TimeSpan>();
        for (var n = 0; n < Sessions; n++)
        {
            var person = await _here.SignUpAsync();
            var there = new TestPerson(_there, person.Email, person.Password);
            there.Take(await there.LogInAsync().Json(HttpStatusCode.OK));
            await there.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
            if (how == "by its owner")
                await person.SendAsync(HttpMethod.Delete, $"/api/v1/auth/sessions/{there.SessionId}").Json(HttpStatusCode.NoContent);
            else
                await person.SendAsync(HttpMethod.Post, "/api/v1/auth/update-password", new { userId = person.Id, oldPassword = person.Password, newPassword = $"another horse {n} staple" })
                    .Json(HttpStatusCode.OK);

            var ended = Stopwatch.GetTimestamp();
            await Eventually.Holds(
                async () =>
                {
                    using var answer = await there.GetAsync("/api/v1/auth/check");
                    return answer.StatusCode == HttpStatusCode.Unauthorized;
                },
                "the other replica refuses");
            waits.Add(Stopwatch.GetElapsedTime(ended));
            await there.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        }

        // The median, since a busy machine may hold up any one of them.
        waits.Sort();
        Assert.InRange(waits[Sessions / 2], TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }
}
