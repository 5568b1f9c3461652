using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Clusters;

/// <summary>Clients that pay one euro again and again, each payment under its own idempotency key until it is acknowledged.</summary>
internal sealed class PaymentLoad : IAsyncDisposable
{
    private const int Clients = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly PorticoApp _app;
    private readonly TestPerson _payer;
    private readonly Guid _from;
    private readonly Guid _to;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<long> _acknowledged = new();
    private readonly Task _clients;
    private int _refused;

    private PaymentLoad(PorticoApp app, TestPerson payer, Guid from, Guid to)
    {
        (_app, _payer, _from, _to) = (app, payer, from, to);
        _clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(PayAsync)));
    }

    /// <summary>How many payments were acknowledged.</summary>
    public int Count => _acknowledged.Count;

    /// <summary>How many attempts were refused: with 503, or while the attempt before still worked.</summary>
    public int Refused => _refused;

    public static async Task<PaymentLoad> StartAsync(PorticoApp app)
    {
        var (payer, manager) = (await app.SignUpAsync(), await app.ManagerAsync());
        var (from, to) = (await payer.OpenWalletWithAsync(app, manager, "100000.00"), await payer.OpenWalletAsync());
        var load = new PaymentLoad(app, payer, from, to);
        await load.MoreAsync(50);
        return load;
    }

    /// <summary>Waits until so many more payments are acknowledged.</summary>
    public Task MoreAsync(int payments)
    {
        var goal = Count + payments;
        return Eventually.Holds(() => Task.FromResult(Count >= goal), $"{payments} more payments", TimeSpan.FromMinutes(2));
    }

    /// <summary>The longest time without a payment since a moment of <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public TimeSpan LongestGap(long since)
    {
        var times = _acknowledged.Where(time => time >= since).Order().Prepend(since).ToArray();
        return times.Zip(times.Skip(1), Stopwatch.GetElapsedTime).DefaultIfEmpty(TimeSpan.MaxValue).Max();
    }

    /// <summary>Ends the load, and compares the balance with what was acknowledged: nothing is lost, nothing is paid twice.</summary>
    public async Task EndAsync()
    {
        await _end.CancelAsync();
        await _clients;
        _payer.Take(await _payer.RefreshAsync().Json(HttpStatusCode.OK));
        Assert.Equal(Count, (await _payer.BalanceAsync(_to)).Balance);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _clients;
        _end.Dispose();
    }

    private async Task PayAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            var key = Guid.NewGuid().ToString();
            // A payment that was begun is brought to its end, or nobody could know how many there are.
            while (!await TryAsync(key))
                await Task.Delay(Pause);
        }
    }

    private async Task<bool> TryAsync(string key)
    {
        try
        {
            using var answer = await _payer.PostAsync(_app, "transfers", LedgerPeople.Transfer(_from, _to, "1.00"), key);
            if (answer.StatusCode != HttpStatusCode.Created)
            {
                Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.ServiceUnavailable, HttpStatusCode.Conflict]);
                Interlocked.Increment(ref _refused);
                return false;
            }

            _acknowledged.Enqueue(Stopwatch.GetTimestamp());
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
