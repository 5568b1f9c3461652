using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Portico.Bench.Load;
using Portico.Domain.Users;
using StackExchange.Redis;

namespace Portico.Bench.Auth;

/// <summary>How long answers take while Redis is killed, paused and emptied under load, and which they are.</summary>
/// <remarks>
/// Each connection checks a token, refreshes, and tries a wrong password of an address of its own, in turn; a session that is lost is
/// opened anew.
/// </remarks>
internal static class RedisOutage
{
    private const double PromisedMs = 200;

    private static readonly string[] Calls = ["check", "refresh", "sign-in"];
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Healthy = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        Console.WriteLine("Breaking Redis under load …");
        await using var api = await stack.StartApiAsync(new Dictionary<string, string>(StringComparer.Ordinal), cancellationToken);
        var people = await stack.AddPeopleAsync(options.Connections, Domain.Users.Role.User, cancellationToken);
        var redis = stack.Servers.Redis;
        (string Name, Func<Task> Break, Func<Task> Mend)[] faults =
        [
            ("killed (kill -9)", () => redis.KillAsync(), () => redis.RestartAsync()),
            ("paused (SIGSTOP)", () => Now(redis.Pause), () => Now(redis.Resume)),
            ("emptied (FLUSHALL)", () => EmptyAsync(redis.ConnectionString), () => Task.CompletedTask),
        ];

        List<string> rows = [];
        List<object> values = [];
        var isLate = false;
        foreach (var (name, @break, mend) in faults)
        {
            await ServesAsync(api, people[0], cancellationToken);
            var tokens = await LoadStack.SignInAsync(api, people, cancellationToken);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var workers = people.Zip(tokens, (person, token) => new Worker(api.Address, person, token)).ToArray();
            var running =
                Task.WhenAll(
                    workers.Select(
                        worker => Task.Factory.StartNew(
                            () => worker.Run(stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            await Task.Delay(Healthy, cancellationToken);
            foreach (var worker in workers)
                worker.IsCounting = true;
            await @break();
            await Task.Delay(Length, cancellationToken);
            foreach (var worker in workers)
                worker.IsCounting = false;
            await stop.CancelAsync();
            await running;
            await mend();

            foreach (var (call, number) in Calls.Select((call, number) => (call, number)))
            {
                var all = new LatencyHistogram();
                foreach (var worker in workers)
                    all.Add(worker.Latency[number]);
                var answers = workers.SelectMany(worker => worker.Answers[number])
                    .GroupBy(answer => answer.Key)
                    .ToDictionary(group => group.Key, group => group.Sum(answer => answer.Value));
                var (p50, p99, max) = (all.Quantile(0.5), all.Quantile(0.99), all.Quantile(1));
                isLate |= p99 > PromisedMs;
                var counts = string.Join(
                    ", ", answers.OrderBy(answer => answer.Key).Select(answer => $"{answer.Value} × {answer.Key}"));
                rows.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {call} | {counts} | {p50:0.00} | {p99:0.00} | {max:0.0} |"));
                values.Add(new { fault = name, call, answers, p50Ms = p50, p99Ms = p99, maxMs = max });
            }
        }

        report.AddSection(
            "While Redis is away",
            $"{Length.TotalSeconds:0} s each, over {options.Connections} connections, `Redis:Deadline` as shipped; "
            + $"promised are {PromisedMs:0} ms.\n\n"
            + $"| Redis is | call | answers | p50 ms | p99 ms | max ms |\n|---|---|--:|--:|--:|--:|\n{string.Join('\n', rows)}",
            values);
        if (isLate)
            report.Fail();
    }

    private static Task Now(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private static async Task EmptyAsync(string connectionString)
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync($"{connectionString},allowAdmin=true");
        await redis.GetServer(redis.GetEndPoints()[0]).FlushAllDatabasesAsync();
    }

    private static async Task ServesAsync(ApiProcess api, LoadPerson person, CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(Interval, cancellationToken))
        {
            using var answer = await api.Client.PostAsJsonAsync(
                "/api/v1/auth/login", new { person.Email, person.Password }, cancellationToken);
            if (answer.StatusCode == HttpStatusCode.OK)
                return;
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new LoadException(
                    $"Signing in answers {(int)answer.StatusCode} though Redis is back: "
                    + await answer.Content.ReadAsStringAsync(cancellationToken));
        }
    }

    /// <summary>One connection and the session that it continues.</summary>
    private sealed class Worker(Uri api, LoadPerson person, LoadTokens tokens)
    {
        private LoadTokens _tokens = tokens;
        private volatile bool _isCounting;

        public bool IsCounting
        {
            set => _isCounting = value;
        }

        public LatencyHistogram[] Latency { get; } = [new(), new(), new()];

        public Dictionary<int, long>[] Answers { get; } = [[], [], []];

        public void Run(CancellationToken stop)
        {
            using var connection = new HttpConnection(api);
            while (!stop.IsCancellationRequested)
            {
                Exchange(connection, 0, RequestBytes.Get("/api/v1/auth/check", _tokens.AccessToken));
                var refresh = RequestBytes.Send(
                    "POST", "/api/v1/auth/refresh", token: null, $$"""{"refreshToken":"{{_tokens.RefreshToken}}"}""");
                var refreshed = Exchange(connection, 1, refresh);
                if (refreshed == 401)
                    Exchange(connection, 2, AuthScenario.SignIn(person.Email, person.Password));
                else
                    Exchange(connection, 2, AuthScenario.SignIn($"p{Guid.NewGuid():N}@example.org", "wrong horse battery staple"));
            }
        }

        private int Exchange(HttpConnection connection, int call, byte[] request)
        {
            var started = Stopwatch.GetTimestamp();
            var status = connection.Exchange(request);
            var ended = Stopwatch.GetTimestamp();
            if (_isCounting)
            {
                Latency[call].Add(ended - started);
                Answers[call][status] = Answers[call].GetValueOrDefault(status) + 1;
            }

            if (status == 200 && call > 0)
                _tokens = new LoadTokens(Text(connection.Body, "\"accessToken\":\""u8), Text(connection.Body, "\"refreshToken\":\""u8));
            return status;
        }

        private static string Text(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name)
        {
            var rest = body[(body.IndexOf(name) + name.Length)..];
            return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)'"')]);
        }
    }
}
