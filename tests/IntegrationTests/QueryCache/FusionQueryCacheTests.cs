using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Caching;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;
using Portico.Domain.Users;
using Portico.Infrastructure.QueryCache;
using Portico.IntegrationTests.Forecasts;
using Portico.Testing;
using static Portico.IntegrationTests.Forecasts.ForecastWorld;

namespace Portico.IntegrationTests.QueryCache;

/// <summary>The cache of queries on two replicas.</summary>
public sealed class FusionQueryCacheTests : IAsyncLifetime
{
    private const string Tag = nameof(SportEvent);
    private static readonly Dictionary<string, string?> Settings =
        new(StringComparer.Ordinal) { ["Redis:KeyPrefix"] = $"cache-{Guid.NewGuid():N}:" };

    private PorticoApp _app = null!;
    private PorticoApp _replica = null!;

    public async Task InitializeAsync()
    {
        _app = await PorticoApp.StartAsync(new PorticoAppOptions { Settings = Settings });
        _replica = await PorticoApp.StartAsync(new PorticoAppOptions { Settings = Settings, Database = _app.Database });
    }

    public async Task DisposeAsync()
    {
        await _replica.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Gives_a_kept_answer_says_so_and_never_a_passed_one_to_who_changed_it()
    {
        var manager = await _app.SignUpAsync(Role.Manager);
        var ada = await _app.SignUpAsync();
        var (id, _) = await manager.Announce();
        var path = $"{EventPath}/{id}";

        using var first = await ada.GetAsync(path);
        Assert.Equal("Portico; fwd=uri-miss; stored", Status(first));
        Assert.Null(first.Headers.Age);
        using var second = await ada.GetAsync(path);
        Assert.Matches("^Portico; hit; ttl=[0-9]$", Status(second));
        Assert.InRange(second.Headers.Age!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.Equal("no-store", second.Headers.CacheControl?.ToString());
        Assert.Equal(first.Headers.ETag, second.Headers.ETag);
        var metrics = await _app.Client.GetStringAsync(new Uri(_app.Management, "/metrics"));
        Assert.Contains("portico_cache_reads_total{outcome=\"hit\",query=\"GetEvent\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("portico_cache_age_seconds_count{query=\"GetEvent\"}", metrics, StringComparison.Ordinal);

        for (var n = 0; n < 20; n++)
        {
            await manager.SendAsync(HttpMethod.Put, path, new { title = $"Title {n}" }, ("If-Match", "*")).Json(HttpStatusCode.OK);
            Assert.Equal($"Title {n}", (await manager.GetAsync(path).Json(HttpStatusCode.OK)).Text("title"));
            Assert.Equal($"Title {n}", (await ada.GetAsync(path).Json(HttpStatusCode.OK)).Text("title"));
        }
    }

    [Fact]
    public async Task Asks_for_permission_before_it_gives_anything()
    {
        var admin = await _app.SignUpAsync(Role.Admin);
        var ada = await _app.SignUpAsync();
        await admin.GetAsync($"{EventPath}?deleted=true").Json(HttpStatusCode.OK);
        await admin.GetAsync($"{EventPath}?deleted=true").Json(HttpStatusCode.OK);

        await ada.GetAsync($"{EventPath}?deleted=true").Problem(HttpStatusCode.Forbidden, "forbidden");
        await _app.Client.GetAsync(EventPath).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Makes_one_answer_for_a_thousand_who_ask_on_four_replicas()
    {
        await using var third = await PorticoApp.StartAsync(new PorticoAppOptions { ReplicaOf = _app });
        await using var fourth = await PorticoApp.StartAsync(new PorticoAppOptions { ReplicaOf = _app });
        PorticoApp[] replicas = [_app, _replica, third, fourth];
        var (made, answers) = (0, Array.Empty<(Result<string> Answer, CacheUse Use)>());
        // Again when the machine was too busy: who waits for a second makes the answer alone.
        for (var tries = 0; tries < 3 && made != 1; tries++)
        {
            made = 0;
            var query = Query(TimeSpan.FromSeconds(60));
            answers = await Task.WhenAll(
                Enumerable.Range(0, 1_000).Select(n => Cache(replicas[n % replicas.Length]).Get(query, Make, default)));
        }

        Assert.Equal(1, made);
        Assert.All(answers, answer => Assert.Equal("answer", answer.Answer.Value));
        Assert.Single(answers, answer => answer.Use.Kind == CacheUseKind.Miss);

        async Task<Result<string>> Make(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref made);
            await Task.Delay(100, cancellationToken);
            return "answer";
        }
    }

    [Fact]
    public async Task Gives_nobody_an_answer_whose_making_began_before_a_change()
    {
        var query = Query(TimeSpan.FromSeconds(60));
        foreach (var (maker, changer) in new[] { (_app, _app), (_replica, _app) })
        {
            var (began, goOn) = (NewSignal(), NewSignal());
            var making = Cache(maker).Get(query, Slow, default);
            await began.Task;
            await Invalidation(changer).Invalidate(query.Tags);
            goOn.SetResult();
            Assert.Equal("before", (await making).Answer.Value);

            Assert.Equal("after", (await Cache(changer).Get(query, After, default)).Answer.Value);
            // Within half the lifetime of an answer, so that only the invalidation can be the cause.
            await Eventually.Holds(
                async () => (await Cache(maker).Get(query, After, default)).Answer.Value == "after",
                "the change",
                TimeSpan.FromSeconds(30));
            await Invalidation(changer).Invalidate(query.Tags);
            await Eventually.Holds(
                async () => (await Cache(maker).Get(query, After, default)).Use.Kind == CacheUseKind.Miss,
                "another",
                TimeSpan.FromSeconds(30));
            query = Query(TimeSpan.FromSeconds(60));

            async Task<Result<string>> Slow(CancellationToken cancellationToken)
            {
                began.SetResult();
                await goOn.Task.WaitAsync(cancellationToken);
                return "before";
            }
        }

        static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
        static Task<Result<string>> After(CancellationToken cancellationToken) => Task.FromResult<Result<string>>("after");
    }

    [Fact]
    public async Task Gives_nobody_for_long_an_answer_whose_early_making_began_before_a_change_on_another_replica()
    {
        var query = Query(TimeSpan.FromSeconds(10));
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var made = 0;
        await Cache(_replica).Get(query, Make, default);
        await Eventually.Holds(
            async () =>
            {
                await Task.WhenAny(Cache(_replica).Get(query, Make, default), began.Task);
                return began.Task.IsCompleted;
            },
            "the next answer to be made early");

        await Invalidation(_app).Invalidate(query.Tags);
        goOn.SetResult();

        // Within half the lifetime of the early answer, so that only the change can be the cause.
        await Eventually.Holds(
            async () => (await Cache(_replica).Get(query, Make, default)).Answer.Value == "after", "the change", TimeSpan.FromSeconds(5));

        async Task<Result<string>> Make(CancellationToken cancellationToken)
        {
            var number = Interlocked.Increment(ref made);
            if (number == 2)
            {
                began.SetResult();
                await goOn.Task.WaitAsync(cancellationToken);
            }

            return number > 2 ? "after" : "before";
        }
    }

    [Fact]
    public async Task Makes_a_refusal_for_each_who_asks_and_keeps_none_of_many_at_once()
    {
        var query = Query(TimeSpan.FromSeconds(60));
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(n =>
            Cache(n % 2 == 0 ? _app : _replica)
                .Get<Result<string>>(query, _ => Task.FromResult<Result<string>>(EventErrors.NotFound), default)));
        Assert.All(answers, answer => Assert.Equal("not_found", answer.Answer.Error?.Code));
        Assert.Equal("answer", (await Cache(_app).Get(query, _ => Task.FromResult<Result<string>>("answer"), default)).Answer.Value);
    }

    [Fact]
    public async Task Keeps_no_refusal()
    {
        var made = 0;
        var query = Query(TimeSpan.FromSeconds(60));
        for (var n = 0; n < 3; n++)
            Assert.Equal(
                "not_found",
                (await Cache(_app).Get(query, _ => Task.FromResult<Result<string>>(EventErrors.NotFound), default)).Answer.Error?.Code);

        Assert.Equal(CacheUseKind.Miss, (await Cache(_app).Get(query, Make, default)).Use.Kind);
        Assert.Equal(CacheUseKind.Hit, (await Cache(_replica).Get(query, Make, default)).Use.Kind);
        Assert.Equal(1, made);

        Task<Result<string>> Make(CancellationToken cancellationToken)
        {
            made++;
            return Task.FromResult<Result<string>>("answer");
        }
    }

    [Fact]
    public async Task Makes_the_next_answer_before_the_time_of_one_is_over()
    {
        var isAlwaysHit = false;
        // Again when the machine was too busy: the next answer is then made too late, or nobody reads in time.
        for (var tries = 0; tries < 3 && !isAlwaysHit; tries++)
            isAlwaysHit = await IsAlwaysHit();
        Assert.True(isAlwaysHit, "A read waited for a new answer.");

        // A read near the end of the lifetime gets the cached answer, and so does a read after it: no caller waits for a new one.
        async Task<bool> IsAlwaysHit()
        {
            var (made, hit, query) = (0, true, Query(TimeSpan.FromSeconds(2)));
            await Cache(_app).Get(query, Make, default);
            await Eventually.Holds(
                async () =>
                {
                    hit &= (await Cache(_app).Get(query, Make, default)).Use.Kind == CacheUseKind.Hit;
                    return !hit || Volatile.Read(ref made) >= 3;
                },
                "two early answers");
            return hit;

            Task<Result<string>> Make(CancellationToken cancellationToken) =>
                Task.FromResult<Result<string>>($"answer {Interlocked.Increment(ref made)}");
        }
    }

    [Fact]
    public async Task Makes_answers_without_anybody_so_that_nobodys_own_records_are_kept()
    {
        var ada = await _app.SignUpAsync();
        Assert.Equal(HttpStatusCode.OK, (await ada.GetAsync(ForecastPath)).StatusCode);
        await using var scope = _app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<Application.Common.Persistence.IAppDbContext>();
        var failure = Assert.Throws<InvalidOperationException>(() => db.Set<Forecast>().ToArray());
        Assert.Contains("Nobody is signed in", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forgets_leaderboards_when_somebody_changes_their_name()
    {
        var manager = await _app.SignUpAsync(Role.Manager);
        var ada = await _app.SignUpAsync();
        var (id, _) = await manager.Announce();
        await ada.Forecasted(id);
        await manager.SetResult(id).Json(HttpStatusCode.OK);
        await ada.Settled(id);
        Assert.Equal(["Ada Lovelace"], (await ada.GetAsync($"{EventPath}/{id}/leaderboard").Json(HttpStatusCode.OK)).Column("displayName"));

        await ada.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { displayName = "Ada King" }).Json(HttpStatusCode.OK);
        Assert.Equal(["Ada King"], (await ada.GetAsync($"{EventPath}/{id}/leaderboard").Json(HttpStatusCode.OK)).Column("displayName"));
        Assert.Equal(["Ada King"], (await ada.GetAsync("/api/v1/leaderboard").Json(HttpStatusCode.OK)).Column("displayName"));
    }

    internal static CachedQuery Query(TimeSpan lifetime) => new("Probe", $"{Guid.NewGuid()}", lifetime, [Tag]);

    internal static IQueryCache Cache(PorticoApp app) => app.Services.GetRequiredService<IQueryCache>();

    internal static CacheInvalidation Invalidation(PorticoApp app) => app.Services.GetRequiredService<CacheInvalidation>();

    internal static string Status(HttpResponseMessage answer) => Assert.Single(answer.Headers.GetValues("Cache-Status"));
}
