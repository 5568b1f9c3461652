using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Portico.Auth.V1;
using Portico.Bench.Load;

namespace Portico.Bench.Auth;

/// <summary>The check of a token by gRPC, over one HTTP/2 connection, as another service asks for it.</summary>
internal static class RpcLoad
{
    public const string Name = "grpc check";

    private const int MaxKept = 1_000;

    /// <summary>As many callers as there are tokens; each asks again when it has its answer, or when its next call is due.</summary>
    public static async Task<IReadOnlyList<LoadRound>> RunAsync(
        Uri address, IReadOnlyList<LoadTokens> tokens, LoadOptions options, Func<IReadOnlyDictionary<string, TimeSpan>> processor,
        CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var client = new Portico.Auth.V1.Auth.AuthClient(channel);
        List<LoadRound> rounds = [];
        await RoundAsync(options.WarmUp);
        while (rounds.Count < int.Max(options.Rounds, 1))
            rounds.Add(await RoundAsync(options.Duration));
        return rounds;

        async Task<LoadRound> RoundAsync(TimeSpan duration)
        {
            Caller[] callers = [.. tokens.Select(one => new Caller(client, one.AccessToken, cancellationToken))];
            var before = processor();
            var started = Stopwatch.GetTimestamp();
            var end = started + (long)(duration.TotalSeconds * Stopwatch.Frequency);
            if (options.Rate > 0)
                await Task.Factory.StartNew(
                    () => Pace(callers, started, end, options.Rate, cancellationToken),
                    CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            else
                await Task.WhenAll(callers.Select(caller => Task.Run(() => caller.CallUntil(end), cancellationToken)));
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var after = processor();
            cancellationToken.ThrowIfCancellationRequested();
            var all = new LatencyHistogram();
            foreach (var caller in callers)
                all.Add(caller.Latency);
            return new LoadRound(
                seconds,
                all,
                new Dictionary<string, long>(StringComparer.Ordinal),
                after.ToDictionary(part => part.Key, part => (part.Value - before[part.Key]).TotalSeconds, StringComparer.Ordinal));
        }
    }

    /// <summary>Starts each call when it is due, or as soon as a caller is free.</summary>
    /// <remarks>Its latency counts from the moment when it was due.</remarks>
    private static void Pace(Caller[] callers, long started, long end, int rate, CancellationToken cancellationToken)
    {
        var free = new ConcurrentQueue<Caller>(callers);
        var step = (double)Stopwatch.Frequency / rate;
        List<Task> calls = [];
        for (double due = started; due < end && !cancellationToken.IsCancellationRequested;)
        {
            var left = due - Stopwatch.GetTimestamp();
            if (left > 0)
            {
                ShortSleep.Wait(TimeSpan.FromSeconds(left / Stopwatch.Frequency));
            }
            else if (free.TryDequeue(out var caller))
            {
                if (calls.Count >= MaxKept)
                    calls.RemoveAll(call => call.IsCompletedSuccessfully);
                calls.Add(CallAsync(caller, (long)due));
                due += step;
            }
            else
            {
                ShortSleep.Wait(ShortSleep.Step);
            }
        }

        Task.WaitAll(calls, cancellationToken);

        async Task CallAsync(Caller caller, long due)
        {
            // On the thread pool, so that this thread only keeps the time.
            await Task.Yield();
            await caller.Call(due);
            free.Enqueue(caller);
        }
    }

    /// <summary>One that has at most one call at a time.</summary>
    private sealed class Caller(Portico.Auth.V1.Auth.AuthClient client, string token, CancellationToken cancellationToken)
    {
        private readonly Metadata _headers = new() { { "authorization", $"Bearer {token}" } };

        public LatencyHistogram Latency { get; } = new();

        public async Task CallUntil(long end)
        {
            while (Stopwatch.GetTimestamp() is var now && now < end)
                await Call(now);
        }

        public async Task Call(long due)
        {
            await client.CheckAsync(new CheckRequest(), _headers, cancellationToken: cancellationToken);
            Latency.Add(Stopwatch.GetTimestamp() - due);
        }
    }
}
