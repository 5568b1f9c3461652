using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Portico.Application.Common;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;
using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.Caching;

/// <summary>Keeps answers in Redis under the marks of what they depend on; see <see cref="StaleTags"/> for what makes them stale.</summary>
internal sealed class RedisQueryCache(RedisConnection redis, StaleTags tags, Flights flights, AnswerJson json, CacheMetrics metrics, TimeProvider clock) : IQueryCache
{
    private const int MaxBytes = 256 * 1024;

    // From then on one reader makes the next answer, and nobody waits for it.
    private const double RefreshAt = 0.8;

    private static readonly TimeSpan FillLease = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(20);

    // Two builds may write the same answer in two forms.
    private static readonly string Build = typeof(AnswerJson).Module.ModuleVersionId.ToString("N")[..8];

    public async Task<(TResult Answer, CacheUse Use)> Get<TResult>(
        CachedQuery query, Func<CancellationToken, Task<TResult>> make, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        var given = await Find(query, make, cancellationToken);
        metrics.Read(query.Name, given.Use);
        return given;
    }

    private async Task<(TResult Answer, CacheUse Use)> Find<TResult>(
        CachedQuery query, Func<CancellationToken, Task<TResult>> make, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        var key = $"{query.Name}:{Build}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(query.Text)))}";
        if (!tags.CanRely(query.Tags))
            return await Bypass();

        Found<TResult> found;
        try
        {
            found = await Read<TResult>(key, query, cancellationToken);
        }
        catch (DependencyUnavailableException)
        {
            return await Bypass();
        }

        // Asked again, because it may have broken while it was read.
        if (found.Marks is not { } marks || !tags.CanRely(query.Tags))
            return await Bypass();
        if (found.Answer is { } answer)
        {
            if (found.Age > query.Lifetime * RefreshAt)
                _ = flights.Join($"early:{key}:{marks}", token => RefreshEarly(key, marks, query, make, token), CancellationToken.None);
            return (answer, new CacheUse(CacheUseKind.Hit, found.Age, query.Lifetime - found.Age));
        }

        return await flights.Join($"{key}:{marks}", token => Fill(key, marks, query, make, token), cancellationToken);

        async Task<(TResult, CacheUse)> Bypass() => (await flights.JoinNext(key, make, cancellationToken), new CacheUse(CacheUseKind.Bypass, default, default));
    }

    /// <summary>Makes the answer, or takes that of another replica which is making it.</summary>
    private async Task<(TResult Answer, CacheUse Use)> Fill<TResult>(
        string key, string marks, CachedQuery query, Func<CancellationToken, Task<TResult>> make, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        try
        {
            for (var startedAt = clock.GetTimestamp(); ; await Task.Delay(LookAgainAfter, clock, cancellationToken))
            {
                var isMine = await TryLease(key, cancellationToken);
                // Looked for with the lease in hand as well: it may have been kept since this caller found nothing.
                var found = await Read<TResult>(key, query, cancellationToken);
                if (found.Answer is { } kept && found.Marks == marks)
                {
                    if (isMine)
                        await TryEndLease(key, cancellationToken);
                    return (kept, new CacheUse(CacheUseKind.Hit, found.Age, query.Lifetime - found.Age));
                }

                if (isMine || clock.GetElapsedTime(startedAt) > LongestWait)
                    break;
            }
        }
        catch (DependencyUnavailableException)
        {
            // It is made here, and not kept.
        }

        var answer = await MakeAndKeep(key, marks, query, make, cancellationToken);
        return (answer, new CacheUse(CacheUseKind.Miss, TimeSpan.Zero, query.Lifetime));
    }

    private async Task<bool> RefreshEarly<TResult>(
        string key, string marks, CachedQuery query, Func<CancellationToken, Task<TResult>> make, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        try
        {
            if (!await TryLease(key, cancellationToken))
                return false;

            await MakeAndKeep(key, marks, query, make, cancellationToken);
            return true;
        }
        catch (Exception failure) when (failure is DependencyUnavailableException or OperationCanceledException || Persistence.DatabaseOutage.Is(failure))
        {
            // Nobody waits for it. The answer that is there serves until its time is over.
            return false;
        }
    }

    private async Task<TResult> MakeAndKeep<TResult>(
        string key, string marks, CachedQuery query, Func<CancellationToken, Task<TResult>> make, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        var madeAt = clock.GetUtcNow();
        try
        {
            var answer = await make(cancellationToken);
            if (answer.Error is null)
                await TryKeep(key, $"{madeAt.ToUnixTimeMilliseconds()} {marks}\n{json.Write(answer)}", query.Lifetime, cancellationToken);
            return answer;
        }
        finally
        {
            await TryEndLease(key, cancellationToken);
        }
    }

    private async Task<Found<TResult>> Read<TResult>(string key, CachedQuery query, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        var values = await redis.Run(
            db => Task.WhenAll([db.StringGetAsync(Entry(key)), db.StringGetAsync(tags.Everything), .. query.Tags.Select(tag => db.StringGetAsync(tags.Mark(tag)))]),
            cancellationToken);
        if (values[1].IsNull)
        {
            tags.LostMarks();
            return default;
        }

        var marks = string.Join(',', values.Skip(1).Select(mark => (string?)mark));
        return (string?)values[0] is { } text ? Parse<TResult>(text, marks, query.Lifetime) : new Found<TResult>(marks, default, default);
    }

    private Found<TResult> Parse<TResult>(string text, string marks, TimeSpan lifetime)
        where TResult : IResult<TResult>
    {
        var head = text.IndexOf('\n', StringComparison.Ordinal);
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        if (!text.AsSpan(blank + 1, head - blank - 1).SequenceEqual(marks))
            return new Found<TResult>(marks, default, default);

        var madeAt = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(text.AsSpan(0, blank), NumberStyles.None, CultureInfo.InvariantCulture));
        var age = clock.GetUtcNow() - madeAt;
        // Clocks of two machines differ a little; an answer that is too old by ours is too old.
        return age >= lifetime
            ? new Found<TResult>(marks, default, default)
            : new Found<TResult>(marks, json.Read<TResult>(text[(head + 1)..]), age < TimeSpan.Zero ? TimeSpan.Zero : age);
    }

    private Task<bool> TryLease(string key, CancellationToken cancellationToken) =>
        redis.Run(db => db.StringSetAsync(Lease(key), "1", FillLease, When.NotExists), cancellationToken);

    private Task TryEndLease(string key, CancellationToken cancellationToken) => Try(() => redis.Run(db => db.KeyDeleteAsync(Lease(key)), cancellationToken));

    private Task TryKeep(string key, string text, TimeSpan lifetime, CancellationToken cancellationToken) =>
        text.Length > MaxBytes ? Task.CompletedTask : Try(() => redis.Run(db => db.StringSetAsync(Entry(key), text, lifetime), cancellationToken));

    private static async Task Try(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (DependencyUnavailableException)
        {
            // The next who asks makes it again.
        }
    }

    private RedisKey Entry(string key) => redis.Key($"cache:{key}");

    private RedisKey Lease(string key) => redis.Key($"cache-lease:{key}");

    /// <summary>The marks as they are now, and the answer that was made under them; no marks when these are lost.</summary>
    private readonly record struct Found<TResult>(string? Marks, TResult? Answer, TimeSpan Age);
}
