using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Drills;

/// <summary>Clients that check the sign-in, read a wallet and transfer money through a proxy, 300 requests a second.</summary>
/// <remarks>
/// Requests that a slow answer delays are made up for, up to 30 s of them. Each client waits for its answer, so a machine that is too slow
/// for this gets fewer requests and no endless queue of them; the summary says how many there were.
/// </remarks>
internal sealed class ReplicaLoad : IAsyncDisposable
{
    /// <summary>The collection of the tests with this load: two of them at once are too much for two processors.</summary>
    public const string OneAtATime = "Replicas under load";

    private const int Clients = 128;
    private const int RequestsPerSecond = 300;
    private static readonly TimeSpan MostMadeUp = TimeSpan.FromSeconds(30);
    private static readonly string[] Kinds = ["check", "wallet", "transfer"];

    private readonly HttpClient _proxy;
    private readonly TestPerson _person;
    private readonly Guid[] _wallets;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _failures = [];
    private readonly ConcurrentQueue<Guid> _transfers = [];
    private readonly ConcurrentDictionary<string, int> _answered = new(StringComparer.Ordinal);
    private readonly Lock _pace = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Task _clients;
    private long _due = Stopwatch.GetTimestamp();
    private long _slowest;
    private int _asked;

    public ReplicaLoad(HttpClient proxy, TestPerson person, Guid[] wallets)
    {
        (_proxy, _person, _wallets) = (proxy, person, wallets);
        _clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(AskAllAsync)));
    }

    /// <summary>How many transfers were acknowledged; no two have the same id.</summary>
    public int Transfers => _transfers.Distinct().Count();

    /// <summary>What every failed request got, with the number of them.</summary>
    public string Failures =>
        string.Join("; ", _failures.CountBy(failure => failure).Select(failure => $"{failure.Value} × {failure.Key}"));

    /// <summary>What was asked, in one line.</summary>
    public string Summary =>
        $"{_asked} requests, {_asked / Stopwatch.GetElapsedTime(_started).TotalSeconds:0} a second, {_failures.Count} failed, "
        + $"the slowest took {Stopwatch.GetElapsedTime(0, _slowest).TotalSeconds:0.00} s";

    /// <summary>Renews the access token, through the proxy too.</summary>
    public async Task RefreshAsync() => _person.Take(await _person.At(_proxy).RefreshAsync().Json(HttpStatusCode.OK));

    /// <summary>Ends the load: nothing has failed, and no kind of request was missing.</summary>
    public async Task EndAsync(string log)
    {
        await _end.CancelAsync();
        await _clients;
        Assert.True(_failures.IsEmpty, $"{Failures}{log}");
        Assert.Equal(_transfers.Count, Transfers);
        Assert.All(Kinds, kind => Assert.True(_answered.GetValueOrDefault(kind) > 0, $"nobody asked for {kind}"));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _clients;
        _end.Dispose();
    }

    private async Task AskAllAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            await DueAsync();
            await AskAsync(Interlocked.Increment(ref _asked));
        }
    }

    private async Task DueAsync()
    {
        TimeSpan wait;
        lock (_pace)
        {
            var now = Stopwatch.GetTimestamp();
            _due = Math.Max(
                _due + (Stopwatch.Frequency / RequestsPerSecond), now - (long)(MostMadeUp.TotalSeconds * Stopwatch.Frequency));
            wait = Stopwatch.GetElapsedTime(now, _due);
        }

        if (wait > TimeSpan.Zero)
            await Task.Delay(wait);
    }

    private async Task AskAsync(int number)
    {
        var (kind, started) = (Kinds[number % Kinds.Length], Stopwatch.GetTimestamp());
        try
        {
            var (from, to) = number % 2 == 0 ? (_wallets[0], _wallets[1]) : (_wallets[1], _wallets[0]);
            var person = _person.At(_proxy);
            using var answer = kind switch
            {
                "check" => await person.GetAsync("/api/v1/auth/check"),
                "wallet" => await person.GetAsync($"/api/v1/wallets/{from}"),
                _ => await person.SendAsync(
                    _proxy, "transfers", LedgerPeople.Transfer(from, to, $"0.{(number % 99) + 1:D2}"), $"{Guid.NewGuid():N}"),
            };
            var text = await answer.Content.ReadAsStringAsync();
            if (!answer.IsSuccessStatusCode)
                _failures.Enqueue($"{kind}: {(int)answer.StatusCode} {text}");
            else if (kind == "transfer")
                _transfers.Enqueue(JsonSerializer.Deserialize<JsonElement>(text).GetProperty("id").GetGuid());
            _answered.AddOrUpdate(kind, 1, (_, count) => count + 1);
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException)
        {
            _failures.Enqueue($"{kind}: {failure.Message}");
        }

        lock (_pace)
            _slowest = Math.Max(_slowest, Stopwatch.GetTimestamp() - started);
    }
}
