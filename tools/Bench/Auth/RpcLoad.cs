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
            var before = processor();
            var started = Stopwatch.GetTimestamp();
            var callers = await Task.WhenAll(tokens.Select((one, n) => Task.Run(
                () => CallAsync(client, one.AccessToken, started, duration, n, tokens.Count, options.Rate, cancellationToken),
                cancellationToken)));
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var after = processor();
            var all = new LatencyHistogram();
            foreach (var caller in callers)
                all.Add(caller);
            return new LoadRound(
                seconds,
                all,
                new Dictionary<string, long>(StringComparer.Ordinal),
                after.ToDictionary(part => part.Key, part => (part.Value - before[part.Key]).TotalSeconds, StringComparer.Ordinal));
        }
    }

    private static async Task<LatencyHistogram> CallAsync(
        Portico.Auth.V1.Auth.AuthClient client, string token, long started, TimeSpan duration, int number, int callers, int rate,
        CancellationToken cancellationToken)
    {
        var histogram = new LatencyHistogram();
        var headers = new Metadata { { "authorization", $"Bearer {token}" } };
        var step = rate > 0 ? (double)callers / rate * Stopwatch.Frequency : 0;
        var due = started + (step * number / callers);
        var end = started + (duration.TotalSeconds * Stopwatch.Frequency);
        while (due < end && Stopwatch.GetTimestamp() < end)
        {
            var left = TimeSpan.FromSeconds((due - Stopwatch.GetTimestamp()) / Stopwatch.Frequency);
            if (rate > 0 && left > TimeSpan.Zero)
                await Task.Delay(left, cancellationToken);
            // Timers are late by up to a millisecond, which is not the time of the call.
            var asked = Stopwatch.GetTimestamp();
            await client.CheckAsync(new CheckRequest(), headers, cancellationToken: cancellationToken);
            histogram.Add(Stopwatch.GetTimestamp() - asked);
            due += step;
        }

        return histogram;
    }
}
