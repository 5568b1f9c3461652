using System.Collections.Concurrent;
using System.Net;
using Npgsql;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using Portico.Testing.Providers;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Payments;

/// <summary>Portico is killed at every step of payments and refunds; each payment is credited once, and every sum is right.</summary>
[Trait("Category", Campaign.Category)]
public sealed class PaymentCrashTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int RunsInSuite = 1;
    private const int AtOnce = 8;
    private const int MaxDelay = 300;

    private static readonly TimeSpan RecoveryTime = TimeSpan.FromMinutes(2);

    private readonly List<(string Provider, TestPerson Person, Guid Wallet)> _people = [];
    private readonly Dictionary<string, int> _hit = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<FakeRefund, (FakePayment Payment, bool IsTold)> _console = [];
    private FakeStripe _stripe = null!;
    private FakeYookassa _yookassa = null!;
    private PorticoApp _app = null!;
    private PorticoProcess _portico = null!;
    private TestPerson _manager = null!;
    private int _runs;
    private int _faults;

    public async Task InitializeAsync()
    {
        (_stripe, _yookassa) = (new FakeStripe(), new FakeYookassa());
        await _stripe.StartAsync();
        await _yookassa.StartAsync();
        // Without the providers: it signs people in, and only the process works on payments.
        _app = await PorticoApp.StartAsync(new PorticoAppOptions());
        var settings = new Dictionary<string, string?>(PaymentWorld.Settings(_stripe, _yookassa), StringComparer.Ordinal);
        settings["Payments:Timeout"] = "00:00:01.500";
        settings["Payments:MaxOpen"] = "1000";
        settings["Downstreams:BreakAfter"] = "10000";
        _portico = await PorticoProcess.StartAsync(_app, settings);
        _manager = await _app.ManagerAsync();
        foreach (var provider in (string[])["stripe", "yookassa"])
        {
            var person = await _app.SignUpAsync();
            _people.Add((provider, person, await person.OpenWalletAsync(PaymentWorld.CurrencyOf(provider))));
        }

        // What the first run can refund.
        foreach (var (provider, person, wallet) in _people)
            await SendAsync(person, "payments", PaymentWorld.Request(wallet, "50.00", provider));
        await EndAllAsync();
        Assert.All(Remote(), payment => Assert.True(payment.Received > 0));
        Assert.Equal(_people.Count, Remote().Count());
    }

    public async Task DisposeAsync()
    {
        await _portico.DisposeAsync();
        await _app.DisposeAsync();
        await _stripe.DisposeAsync();
        await _yookassa.DisposeAsync();
    }

    [Fact]
    public async Task Every_payment_is_credited_once_and_no_more_goes_back_than_came()
    {
        await Campaign.Run(RunsInSuite, Run);
        var received = Remote().Where(payment => payment.Received > 0).ToArray();
        Assert.True(received.Length >= _runs + _people.Count, $"{received.Length} payments in {_runs} runs");
        var refunds = received.SelectMany(payment => payment.Refunds).ToArray();
        output.WriteLine(
            $"{_runs} runs, {received.Length} payments received, {refunds.Length} refunds, "
            + $"{refunds.Count(refund => refund.PorticoId is null)} of them at a console, {_faults} faults of providers");
        var states = _hit.OrderBy(state => state.Key, StringComparer.Ordinal).Select(state => $"{state.Key} {state.Value}");
        output.WriteLine($"killed with: {string.Join(", ", states)}");
    }

    private async Task Run(int seed)
    {
        _runs++;
        var random = new Random(seed);
        foreach (var person in _people.Select(one => one.Person).Append(_manager))
            person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));

        // One request in six goes wrong at the provider, at a step that the seed decides.
        var faults = new ConcurrentQueue<PaymentFault>(Enumerable.Range(0, 200).Select(_ => random.Next(6) > 0
            ? PaymentFault.None
            : (PaymentFault)random.Next(1, 5)));
        PaymentFault Fault(string request)
        {
            if (!faults.TryDequeue(out var fault))
                return PaymentFault.None;
            if (fault != PaymentFault.None)
                Interlocked.Increment(ref _faults);
            return fault;
        }

        (_stripe.Fault, _yookassa.Fault) = (Fault, Fault);
        var actions = Enumerable.Range(0, AtOnce).Select(n => ActionOf(random, n)).ToArray();
        var before = await CountAsync("payments") + await CountAsync("payment_refunds");
        var sent = Task.WhenAll(actions.Select(action => action()));
        // From the first payment or refund of this run, because a process that has just started takes long for its first request.
        await Eventually.Holds(
            async () => sent.IsCompleted || await CountAsync("payments") + await CountAsync("payment_refunds") > before,
            "payments are begun");
        await Task.Delay(TimeSpan.FromMilliseconds(random.NextDouble() * MaxDelay));
        await _portico.KillAsync();
        await CountStatesAsync();
        (_stripe.Fault, _yookassa.Fault) = (_ => PaymentFault.None, _ => PaymentFault.None);
        await sent;
        await _portico.StartAsync();

        // Some notifications are lost, others come several times, in any order.
        PayAll();
        foreach (var payment in Remote().Where(payment => payment.Received > 0).OrderBy(_ => random.Next()).Take(AtOnce))
        {
            if (random.Next(4) > 0)
                using (await ServerOf(payment).NotifyAsync(_portico.Client, KindOf(payment), payment, random.Next(1, 6)))
                    continue;
        }

        await EndConsoleRefundsAsync(random);
        await EndAllAsync();
        await VerifyAsync();
    }

    // A provider repeats a notification that was not answered. The one of the end may be lost.
    private async Task EndConsoleRefundsAsync(Random random)
    {
        foreach (var (refund, (payment, isTold)) in _console.OrderBy(made => made.Key.Id, StringComparer.Ordinal).ToArray())
        {
            refund.Status = random.Next(3) > 0 ? "succeeded" : "failed";
            if (!isTold || random.Next(2) == 0)
                Assert.True(await TryNotifyAsync(payment, refund));
        }

        _console.Clear();
    }

    private async Task EndAllAsync()
    {
        try
        {
            await Eventually.Holds(
                async () =>
                {
                    // Also those that Portico begins only now.
                    PayAll();
                    return (await OpenAsync()).Count == 0
                        && await CountAsync("payment_webhooks WHERE handled_at IS NULL") + await CountAsync("payment_work") == 0;
                },
                "every payment and refund is ended",
                RecoveryTime);
        }
        catch (TimeoutException late)
        {
            throw new InvalidOperationException($"These did not end: {string.Join("; ", await OpenAsync())}", late);
        }
    }

    // A payment, the payment of one that waits with its notification, or a refund of a part, here or at the console of the provider.
    private Func<Task> ActionOf(Random random, int n)
    {
        var (provider, person, wallet) = _people[n % _people.Count];
        var server = ServerOf(provider);
        var paid = server.Payments.Values.Where(payment => payment.Received > payment.Refunding && payment.PorticoId is not null)
            .OrderBy(payment => payment.PorticoId, StringComparer.Ordinal).ToArray();
        var amount = random.Next(100, 10_000);
        if (random.Next(6) == 0 && paid.Length > 0)
        {
            var payment = paid[random.Next(paid.Length)];
            var refund = server.RefundAtConsole(payment, random.NextInt64(1, payment.Received - payment.Refunding + 1), "pending");
            _console[refund] = (payment, IsTold: false);
            return async () => _console[refund] = (payment, await TryNotifyAsync(payment, refund));
        }

        if (random.Next(3) == 0 && paid.Length > 0)
        {
            var payment = paid[random.Next(paid.Length)];
            var part = (random.Next(1, (int)(payment.Received - payment.Refunding) + 1) / 100m).ToString("0.00");
            return () => SendAsync(_manager, $"payments/{payment.PorticoId}/refund", new
            {
                amount = LedgerPeople.Money(part, PaymentWorld.CurrencyOf(provider)),
            });
        }

        var (delay, times) = (random.Next(0, 30), random.Next(0, 4));
        return async () =>
        {
            await SendAsync(person, "payments", PaymentWorld.Request(wallet, (amount / 100m).ToString("0.00"), provider));
            if (server.Payments.Values.FirstOrDefault(made => made.Amount == amount && made.Status == "pending") is not { } made)
                return;
            await Task.Delay(delay);
            server.Pay(made);
            if (times > 0)
                await UnlessKilledAsync(() => server.NotifyAsync(_portico.Client, KindOf(made), made, times));
        };
    }

    private Task<bool> TryNotifyAsync(FakePayment payment, FakeRefund refund)
    {
        var kind = ServerOf(payment) == _stripe ? "refund.updated" : "refund.succeeded";
        return UnlessKilledAsync(() => _portico.Client.SendAsync(ServerOf(payment).Notification(kind, payment, refund)()));
    }

    private Task<bool> SendAsync(TestPerson person, string path, object body) =>
        UnlessKilledAsync(() => person.SendAsync(_portico.Client, path, body, key: null));

    /// <returns>Whether the answer says that the request succeeded.</returns>
    private static async Task<bool> UnlessKilledAsync(Func<Task<HttpResponseMessage>> send)
    {
        try
        {
            using var answer = await send();
            return answer.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException)
        {
            return false;
        }
    }

    private async Task<long> CountAsync(string table) =>
        (await _app.Database.RowsAsync($"SELECT count(*) FROM {table}", row => row.GetInt64(0)))[0];

    private async Task CountStatesAsync()
    {
        foreach (var state in await _app.Database.RowsAsync(
            """
            SELECT 'payment ' || status FROM payments JOIN payment_work ON payment_id = id
            UNION ALL SELECT 'refund ' || CASE WHEN h.id IS NULL THEN 'requested' ELSE 'held' END
            FROM payment_refunds r LEFT JOIN payments p ON p.id = r.payment_id
                LEFT JOIN ledger.holds h ON h.source_id = p.wallet_id AND h.status = 'open' AND h.amount = r.amount
            WHERE r.status = 'pending'
            UNION ALL SELECT 'notification unhandled' FROM payment_webhooks WHERE handled_at IS NULL
            """,
            row => row.GetString(0)))
            _hit[state] = _hit.GetValueOrDefault(state) + 1;
    }

    private Task<IReadOnlyList<string>> OpenAsync() => _app.Database.RowsAsync(
        """
        SELECT concat_ws(' ', p.id, p.provider_id, p.status, p.fee, r.status, r.provider_id, w.attempts,
            w.due_at - now(), w.leased_until - now())
        FROM payments p LEFT JOIN payment_refunds r ON r.payment_id = p.id AND r.status = 'pending'
            LEFT JOIN payment_work w ON w.payment_id = p.id
        WHERE p.status IN ('created', 'pending') OR (p.captured IS NOT NULL AND p.fee IS NULL) OR r.id IS NOT NULL
        """,
        row => row.GetString(0));

    private async Task VerifyAsync()
    {
        await PaymentChecker.CheckAsync(_app.Database.Portico);
        // Here and there are the same: what came, what was charged, what went back.
        var here = (await _app.Database.RowsAsync(
            "SELECT provider_id, captured::bigint, fee::bigint, refunded::bigint FROM payments WHERE captured IS NOT NULL",
            row => (Id: row.GetString(0), Received: row.GetInt64(1), Fee: row.GetInt64(2), Refunded: row.GetInt64(3))))
            .OrderBy(payment => payment.Id, StringComparer.Ordinal);
        var there = Remote().Where(payment => payment.Received > 0)
            .Select(payment => (payment.Id, payment.Received, payment.Fee, payment.Refunded))
            .OrderBy(payment => payment.Id, StringComparer.Ordinal);
        Assert.Equal(there, here);
        // One payment at the provider for each one here.
        Assert.Equal(
            Remote().Select(payment => payment.PorticoId).Order(StringComparer.Ordinal),
            (await _app.Database.RowsAsync("SELECT id::text FROM payments WHERE provider_id IS NOT NULL", row => row.GetString(0)))
                .Order(StringComparer.Ordinal));
        Assert.Equal(
            [],
            await _app.Database.RowsAsync(
                """
                SELECT p.id::text FROM payments p LEFT JOIN outbox o ON o.aggregate_id = p.id AND o.type = 'payments.succeeded.v1'
                GROUP BY p.id HAVING count(o.id) <> (p.captured IS NOT NULL)::int
                """,
                row => row.GetString(0)));
    }

    private void PayAll()
    {
        foreach (var payment in Remote().Where(payment => payment.Status == "pending"))
            ServerOf(payment).Pay(payment);
    }

    private IEnumerable<FakePayment> Remote() => _stripe.Payments.Values.Concat(_yookassa.Payments.Values);

    private FakePaymentServer ServerOf(string provider) => provider == "stripe" ? _stripe : _yookassa;

    private FakePaymentServer ServerOf(FakePayment payment) => _stripe.Payments.ContainsKey(payment.Id) ? _stripe : _yookassa;

    private string KindOf(FakePayment payment) => ServerOf(payment) == _stripe ? "payment_intent.succeeded" : "payment.succeeded";
}
