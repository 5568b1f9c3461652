using System.Collections.Concurrent;
using System.Diagnostics;

namespace Portico.Bench.Load;

/// <summary>What happened in one round of load.</summary>
/// <param name="Seconds">How long it took.</param>
/// <param name="Latency">The durations of the answers that were hoped for.</param>
/// <param name="Failures">How many others there were, by status or by what broke.</param>
/// <param name="Processor">The seconds of processor time that each part used.</param>
internal sealed record LoadRound(double Seconds, LatencyHistogram Latency, IReadOnlyDictionary<string, long> Failures, IReadOnlyDictionary<string, double> Processor)
{
    public long Failed => Failures.Values.Sum();

    public double PerSecond => Latency.Count / Seconds;

    /// <summary>Milliseconds of processor time a request, of one part.</summary>
    public double ProcessorPerRequest(string part) => Processor[part] * 1000 / long.Max(1, Latency.Count + Failed);
}

/// <summary>Keeps a number of connections busy: each sends its next request when it has the answer to the last.</summary>
internal static class ClosedLoop
{
    private const int MaxBroken = 100;

    /// <summary>Loads unmeasured for the warm-up, then measures the rounds.</summary>
    /// <param name="api">Where to.</param>
    /// <param name="clients">One a connection.</param>
    /// <param name="options">How long.</param>
    /// <param name="processor">Reads the processor time of each part so far.</param>
    /// <param name="cancellationToken">Ends it between two requests.</param>
    /// <exception cref="LoadException">A connection kept breaking.</exception>
    public static async Task<IReadOnlyList<LoadRound>> RunAsync(
        Uri api, IReadOnlyList<ILoadClient> clients, LoadOptions options, Func<IReadOnlyDictionary<string, TimeSpan>> processor, CancellationToken cancellationToken)
    {
        HttpConnection[] connections = [.. clients.Select(_ => new HttpConnection(api))];
        try
        {
            if (options.WarmUp > TimeSpan.Zero)
                await RoundAsync(connections, clients, options.WarmUp, processor, cancellationToken);

            List<LoadRound> rounds = [];
            while (rounds.Count < options.Rounds)
                rounds.Add(await RoundAsync(connections, clients, options.Duration, processor, cancellationToken));
            return rounds;
        }
        finally
        {
            foreach (var connection in connections)
                connection.Dispose();
        }
    }

    private static async Task<LoadRound> RoundAsync(
        HttpConnection[] connections, IReadOnlyList<ILoadClient> clients, TimeSpan duration, Func<IReadOnlyDictionary<string, TimeSpan>> processor,
        CancellationToken cancellationToken)
    {
        var failures = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        var before = processor();
        var started = Stopwatch.GetTimestamp();
        var end = started + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var lanes = connections.Zip(clients, (connection, client) => Task.Run(() => WorkAsync(connection, client, end, failures, cancellationToken), CancellationToken.None));
        var histograms = await Task.WhenAll(lanes);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var after = processor();
        cancellationToken.ThrowIfCancellationRequested();

        var all = new LatencyHistogram();
        foreach (var one in histograms)
            all.Add(one);
        return new LoadRound(seconds, all, failures, after.ToDictionary(part => part.Key, part => (part.Value - before[part.Key]).TotalSeconds, StringComparer.Ordinal));
    }

    private static async Task<LatencyHistogram> WorkAsync(
        HttpConnection connection, ILoadClient client, long end, ConcurrentDictionary<string, long> failures, CancellationToken cancellationToken)
    {
        var histogram = new LatencyHistogram();
        var broken = 0;
        for (var started = Stopwatch.GetTimestamp(); started < end && !cancellationToken.IsCancellationRequested; started = Stopwatch.GetTimestamp())
        {
            try
            {
                var status = await connection.ExchangeAsync(client.Next());
                var ended = Stopwatch.GetTimestamp();
                if (client.Take(status, connection.Body))
                    histogram.Add(ended - started);
                else
                    failures.AddOrUpdate($"status {status}", 1, (_, count) => count + 1);
                broken = 0;
            }
            catch (IOException failure)
            {
                failures.AddOrUpdate(failure.Message, 1, (_, count) => count + 1);
                if (++broken > MaxBroken)
                    throw new LoadException($"A connection broke {broken} times in a row: {failure.Message}");
            }
        }

        return histogram;
    }
}
