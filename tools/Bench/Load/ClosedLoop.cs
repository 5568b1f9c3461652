using System.Diagnostics;
using System.Net.Sockets;

namespace Portico.Bench.Load;

/// <summary>What happened in one round of load.</summary>
/// <param name="Seconds">How long it took.</param>
/// <param name="Latency">The durations of the answers that were hoped for.</param>
/// <param name="Failures">How many others there were, by status or by what broke.</param>
/// <param name="Processor">The seconds of processor time that each part used.</param>
internal sealed record LoadRound(
    double Seconds, LatencyHistogram Latency, IReadOnlyDictionary<string, long> Failures, IReadOnlyDictionary<string, double> Processor)
{
    /// <summary>The same durations without what the answers say that they waited for (<see cref="ILoadClient.WaitedMs"/>).</summary>
    public LatencyHistogram Overhead { get; init; } = Latency;

    /// <param name="seconds">How long it took.</param>
    /// <param name="latency">The durations of the answers that were hoped for.</param>
    /// <param name="failures">How many others there were.</param>
    /// <param name="before">The processor time of each part until it began.</param>
    /// <param name="after">The processor time of each part until it ended.</param>
    public static LoadRound Of(
        double seconds, LatencyHistogram latency, IReadOnlyDictionary<string, long> failures,
        IReadOnlyDictionary<string, TimeSpan> before, IReadOnlyDictionary<string, TimeSpan> after) =>
        new(
            seconds, latency, failures,
            after.ToDictionary(part => part.Key, part => (part.Value - before[part.Key]).TotalSeconds, StringComparer.Ordinal));

    public long Failed => Failures.Values.Sum();

    public double PerSecond => Latency.Count / Seconds;

    /// <summary>Milliseconds of processor time a request, of one part.</summary>
    public double ProcessorPerRequest(string part) => Processor[part] * 1000 / long.Max(1, Latency.Count + Failed);
}

/// <summary>Keeps a number of connections busy: each sends its next request when it has the answer to the last.</summary>
/// <remarks>
/// With <see cref="LoadOptions.Rate"/> a request is sent when it is due, over a connection that is free then or next; its latency counts
/// from the moment when it was due, so that a slow answer is not hidden by the requests that wait for it. All requests that were due in a
/// round are sent, however late; a server that is half a minute behind loses the rest, and they count as failures.
/// </remarks>
internal static class ClosedLoop
{
    private const int MaxBroken = 100;
    private static readonly TimeSpan WaitLimit = TimeSpan.FromMilliseconds(200);

    /// <summary>Loads unmeasured for the warm-up, then measures the rounds.</summary>
    /// <remarks>With <see cref="LoadOptions.Windows"/> it measures one round after each of their times instead.</remarks>
    /// <param name="api">Where to.</param>
    /// <param name="clients">One a connection.</param>
    /// <param name="options">How long.</param>
    /// <param name="processor">Reads the processor time of each part so far.</param>
    /// <param name="cancellationToken">Ends it between two requests.</param>
    /// <param name="before">Prepares a round after the warm-up, by its number from 0.</param>
    /// <exception cref="LoadException">A connection kept breaking.</exception>
    public static async Task<IReadOnlyList<LoadRound>> RunAsync(
        Uri api, IReadOnlyList<ILoadClient> clients, LoadOptions options, Func<IReadOnlyDictionary<string, TimeSpan>> processor,
        CancellationToken cancellationToken, Func<int, Task>? before = null)
    {
        LoadConnection[] connections = [.. clients.Select(client => client.Connect(api))];
        try
        {
            List<LoadRound> rounds = [];
            if (options.Windows.Count > 0)
            {
                var started = Stopwatch.GetTimestamp();
                foreach (var after in options.Windows)
                {
                    if (TimeSpan.FromSeconds(after) - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } left)
                        await RoundAsync(connections, clients, left, options.Rate, processor, cancellationToken);
                    rounds.Add(await RoundAsync(connections, clients, options.Duration, options.Rate, processor, cancellationToken));
                }

                return rounds;
            }

            if (options.WarmUp > TimeSpan.Zero)
                await RoundAsync(connections, clients, options.WarmUp, options.Rate, processor, cancellationToken);
            while (rounds.Count < options.Rounds)
            {
                if (before is not null)
                    await before(rounds.Count);
                rounds.Add(await RoundAsync(connections, clients, options.Duration, options.Rate, processor, cancellationToken));
            }

            return rounds;
        }
        finally
        {
            foreach (var connection in connections)
                connection.Dispose();
        }
    }

    private static async Task<LoadRound> RoundAsync(
        LoadConnection[] connections, IReadOnlyList<ILoadClient> clients, TimeSpan duration, int rate,
        Func<IReadOnlyDictionary<string, TimeSpan>> processor,
        CancellationToken cancellationToken)
    {
        var failures = new Dictionary<string, long>(StringComparer.Ordinal);
        var before = processor();
        var started = Stopwatch.GetTimestamp();
        var end = started + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        Worker[] workers = [.. connections.Select((connection, number) => new Worker(connection, clients[number], number))];
        var (latency, overhead) = await Task.Factory.StartNew(
            () =>
            {
                BatchScheduling.Use();
                return Work(workers, started, end, rate, failures, cancellationToken);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var after = processor();
        cancellationToken.ThrowIfCancellationRequested();
        return LoadRound.Of(seconds, latency, failures, before, after) with { Overhead = overhead };
    }

    /// <summary>One thread for all connections: what it costs to switch between more of them would be counted as load.</summary>
    private static (LatencyHistogram Latency, LatencyHistogram Overhead) Work(
        Worker[] workers, long start, long end, int rate, Dictionary<string, long> failures, CancellationToken cancellationToken)
    {
        var idle = new Queue<Worker>();
        var due = (double)start;
        var step = (double)Stopwatch.Frequency / rate;
        var last = rate > 0 ? end + (long)(LoadConnection.Patience.TotalSeconds * Stopwatch.Frequency) : end;
        var (latency, overhead) = (new LatencyHistogram(), new LatencyHistogram());
        using var answers = new AnswerPoll();
        var ready = new List<int>();
        var waiting = 0;
        foreach (var worker in workers)
            Continue(worker);
        while (waiting > 0 || (IsMoreDue() && Stopwatch.GetTimestamp() < last))
        {
            SendDue();
            var pause = Pause();
            answers.Wait(waiting > 0 ? pause : TimeSpan.Zero, ready);
            // It counts in milliseconds. Until the next request is due, answers are looked for in short steps.
            if (ready.Count == 0)
                ShortSleep.Wait(waiting > 0 && pause > ShortSleep.Step ? ShortSleep.Step : pause);
            foreach (var number in ready)
            {
                var worker = workers[number];
                if (!worker.IsWaiting)
                {
                    // The server has closed it.
                    Unwatch(worker);
                    continue;
                }

                try
                {
                    if (!worker.Connection.TryReceive(out var status))
                        continue;
                    var ticks = Stopwatch.GetTimestamp() - worker.AskedAt;
                    if (worker.Client.Take(status, worker.Connection.Body))
                    {
                        latency.Add(ticks);
                        overhead.Add(ticks - (long)(worker.Client.WaitedMs * Stopwatch.Frequency / 1000));
                    }
                    else
                    {
                        Fail($"status {status}");
                    }

                    worker.Broken = 0;
                }
                catch (IOException failure)
                {
                    Break(worker, failure.Message);
                }

                Stop(worker);
                Continue(worker);
            }

            if (ready.Count == 0 && waiting > 0)
                GiveUp();
        }

        for (; IsMoreDue(); due += step)
            Fail("not sent");
        return (latency, overhead);

        void Continue(Worker worker)
        {
            if (rate > 0)
                idle.Enqueue(worker);
            else
                Ask(worker, due: null);
        }

        bool IsMoreDue() => rate > 0 && due < end && !cancellationToken.IsCancellationRequested;

        void SendDue()
        {
            while (IsMoreDue() && idle.Count > 0 && Stopwatch.GetTimestamp() is var now && due <= now && now < last)
            {
                Ask(idle.Dequeue(), (long)due);
                due += step;
            }
        }

        TimeSpan Pause()
        {
            if (rate == 0 || idle.Count == 0)
                return WaitLimit;
            var left = TimeSpan.FromSeconds((due - Stopwatch.GetTimestamp()) / Stopwatch.Frequency);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left < WaitLimit ? left : WaitLimit;
        }

        void Ask(Worker worker, long? due)
        {
            while (Stopwatch.GetTimestamp() < last && !cancellationToken.IsCancellationRequested)
            {
                try
                {
                    var request = worker.Client.Next();
                    worker.AskedAt = due ?? Stopwatch.GetTimestamp();
                    worker.Connection.Send(request);
                    Watch(worker);
                    worker.IsWaiting = true;
                    waiting++;
                    return;
                }
                catch (IOException failure)
                {
                    Break(worker, failure.Message);
                }
            }
        }

        void GiveUp()
        {
            foreach (var worker in workers)
            {
                if (!worker.IsWaiting || Stopwatch.GetElapsedTime(worker.AskedAt) <= LoadConnection.Patience)
                    continue;
                worker.Connection.Dispose();
                Break(worker, "No answer came.");
                Stop(worker);
                Continue(worker);
            }
        }

        void Stop(Worker worker)
        {
            worker.IsWaiting = false;
            waiting--;
        }

        void Watch(Worker worker)
        {
            if (ReferenceEquals(worker.Watched, worker.Connection.Socket))
                return;
            worker.Watched = worker.Connection.Socket;
            answers.Watch(worker.Watched!, worker.Number);
        }

        void Unwatch(Worker worker)
        {
            answers.Remove(worker.Watched!);
            worker.Watched = null;
        }

        void Break(Worker worker, string reason)
        {
            Fail(reason);
            if (++worker.Broken > MaxBroken)
                throw new LoadException($"A connection broke {worker.Broken} times in a row: {reason}");
        }

        void Fail(string reason) => failures[reason] = failures.GetValueOrDefault(reason) + 1;
    }

    /// <summary>A connection and who uses it.</summary>
    private sealed class Worker(LoadConnection connection, ILoadClient client, int number)
    {
        public LoadConnection Connection { get; } = connection;
        public ILoadClient Client { get; } = client;
        public int Number { get; } = number;

        /// <summary>The socket that is watched for answers.</summary>
        public Socket? Watched { get; set; }

        public bool IsWaiting { get; set; }
        public long AskedAt { get; set; }
        public int Broken { get; set; }
    }
}
