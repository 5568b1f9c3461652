using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Npgsql;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Domain.Orders;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Orders;

/// <summary>Portico and the orders service are killed at every step of orders; the money and the orders always agree.</summary>
[Trait("Category", Campaign.Category)]
public sealed class OrderCrashTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int RunsInSuite = 1;
    private const int People = 4;
    private const int OrdersAtOnce = 8;
    private const int MaxDelay = 400;

    // Runs after which every step must have been hit.
    private const int RunsForEveryStep = 100;

    private static readonly TimeSpan RecoveryTime = TimeSpan.FromSeconds(5);
    private static readonly string[] Steps = ["begun", "held", "created", "captured", "confirmed", "returned", "cancelled"];
    private static readonly Guid Sales = SystemAccounts.IdOf(AccountKind.Sales, Currency.Of("EUR"));

    private readonly Dictionary<string, int> _hit = Steps.ToDictionary(step => step, _ => 0, StringComparer.Ordinal);
    private readonly List<(TestPerson Person, Guid Wallet)> _people = [];
    private readonly HashSet<string> _placed = new(StringComparer.Ordinal);
    private PorticoApp _app = null!;
    private PorticoProcess _portico = null!;
    private OrdersProcess _orders = null!;
    private TimeSpan _longest;
    private int _runs;

    public async Task InitializeAsync()
    {
        // Without the address of the service: it signs people in and publishes keys, and only the process works on orders.
        _app = await PorticoApp.StartAsync(new PorticoAppOptions());
        _orders = await OrdersProcess.StartAsync(_app);
        _portico = await PorticoProcess.StartAsync(_app, new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Orders:Url"] = _orders.Service.ToString(),
            ["Orders:ReadTimeout"] = null,
        });
        var manager = await _app.ManagerAsync();
        for (var n = 0; n < People; n++)
        {
            var person = await _app.SignUpAsync();
            _people.Add((person, await person.OpenWalletWithAsync(_app, manager, "1000000.00")));
        }

        // What the first run can cancel.
        var answers = new ConcurrentDictionary<string, HttpStatusCode>(StringComparer.Ordinal);
        await Task.WhenAll(_people.Select(one => SendUntilAnsweredAsync(OrderOf(one.Person, one.Wallet, quantity: 1), answers)));
        Assert.Equal(People, _placed.Count);
    }

    public async Task DisposeAsync()
    {
        await _portico.DisposeAsync();
        await _orders.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task No_order_is_without_its_money_and_no_money_without_its_order()
    {
        await Campaign.Run(RunsInSuite, Run);
        output.WriteLine($"{_runs} runs, {_placed.Count} orders placed, ended at most {_longest.TotalSeconds:0.00} s after the restart");
        output.WriteLine($"hit at: {string.Join(", ", _hit.Select(step => $"{step.Key} {step.Value}"))}");
        if (_runs >= RunsForEveryStep)
            Assert.All(_hit, step => Assert.True(step.Value > 0, $"no run hit the step {step.Key}"));
    }

    private async Task Run(int seed)
    {
        _runs++;
        var random = new Random(seed);
        foreach (var (person, _) in _people)
            person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));

        var requests = Enumerable.Range(0, OrdersAtOnce).Select(n => RequestOf(random, n)).ToArray();
        var answers = new ConcurrentDictionary<string, HttpStatusCode>(StringComparer.Ordinal);
        var sent = Task.WhenAll(requests.Select(request => SendAsync(request, answers)));
        // From the first order that was begun, so that a slow machine hits the same steps.
        await Eventually.Holds(
            async () => sent.IsCompleted || await Sql.ScalarAsync<long>(_app.Database.Portico, "SELECT count(*) FROM order_sagas") > 0,
            "orders are begun");
        // More of the short delays: the steps follow each other within milliseconds.
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Pow(random.NextDouble(), 2) * MaxDelay));
        var killsPortico = random.Next(2) == 0;
        if (killsPortico)
            await _portico.KillAsync();
        else
            await _orders.KillAsync();
        await CountStepsAsync();
        await (killsPortico ? _portico.StartAsync() : _orders.StartAsync());

        var clock = Stopwatch.StartNew();
        await Eventually.Holds(
            async () => await Sql.ScalarAsync<long>(_app.Database.Portico, "SELECT count(*) FROM order_sagas") == 0,
            "every order is ended",
            RecoveryTime);
        _longest = clock.Elapsed > _longest ? clock.Elapsed : _longest;
        await sent;
        await VerifyAsync();

        foreach (var request in requests)
        {
            await SendUntilAnsweredAsync(request, answers);
            Assert.Equal(request.Body is null ? HttpStatusCode.OK : HttpStatusCode.Created, answers[request.Key]);
        }

        await VerifyAsync();
    }

    // A third of them cancels an order that was placed before this run.
    private Request RequestOf(Random random, int n)
    {
        var (person, wallet) = _people[n % People];
        var mine = _placed.Where(order => order.StartsWith($"{person.Id}", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).ToArray();
        if (random.Next(3) > 0 || mine.Length == 0)
            return OrderOf(person, wallet, random.Next(1, 4));

        var order = mine[random.Next(mine.Length)];
        _placed.Remove(order);
        return new Request(person, $"orders/{order.Split(' ')[1]}/cancel", null, $"{Guid.NewGuid()}");
    }

    private static Request OrderOf(TestPerson person, Guid wallet, int quantity) =>
        new(person, "orders", OrderPeople.Mugs(wallet, quantity), $"{Guid.NewGuid()}");

    // As a careful client does: the same key until there is an answer.
    private Task SendUntilAnsweredAsync(Request request, ConcurrentDictionary<string, HttpStatusCode> answers) => Eventually.Holds(
        async () =>
        {
            await SendAsync(request, answers);
            return answers.TryGetValue(request.Key, out var status) && status != HttpStatusCode.ServiceUnavailable;
        },
        $"{request.Path} is answered");

    private async Task SendAsync(Request request, ConcurrentDictionary<string, HttpStatusCode> answers)
    {
        try
        {
            using var answer = await request.Person.SendAsync(_portico.Client, request.Path, request.Body, request.Key);
            answers[request.Key] = answer.StatusCode;
            if (answer.StatusCode != HttpStatusCode.Created)
                return;
            var id = (await answer.Json(HttpStatusCode.Created)).Text("id");
            lock (_placed)
                _placed.Add($"{request.Person.Id} {id}");
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException)
        {
            // Killed.
        }
    }

    /// <summary>Counts how far the sagas had come when the process was killed.</summary>
    private async Task CountStepsAsync()
    {
        var sagas = await Sql.RowsAsync(
            _app.Database.Portico, "SELECT order_id, kind FROM order_sagas", row => (Id: row.GetGuid(0), Kind: row.GetString(1)));
        var statuses = await StatusesAsync();
        var journals = (await Sql.RowsAsync(_app.Database.Portico, "SELECT id FROM ledger.journals", row => row.GetGuid(0))).ToHashSet();
        var returned = (await Sql.RowsAsync(
            _app.Database.Portico, "SELECT reverses_id FROM ledger.journals WHERE kind = 'reversal'", row => row.GetGuid(0))).ToHashSet();
        foreach (var (id, kind) in sagas)
        {
            var status = statuses.GetValueOrDefault(id);
            _hit[kind == "cancel" ? status == "cancelled" ? "cancelled" : returned.Contains(OrderIds.CaptureOf(id)) ? "returned" : "begun"
                : status == "placed" ? "confirmed"
                : journals.Contains(OrderIds.CaptureOf(id)) ? "captured"
                : status == "pending" ? "created"
                : journals.Contains(OrderIds.HoldOf(id)) ? "held" : "begun"]++;
        }
    }

    private async Task VerifyAsync()
    {
        await LedgerChecker.CheckAsync(_app.Database.Portico);
        Assert.Equal(
            0,
            await Sql.ScalarAsync<long>(
                _app.Database.Portico, "SELECT count(*) FROM ledger.holds WHERE status = 'open' AND destination_id = $1", Sales));
        // What every capture of sales moved, less what was returned.
        var paid = (await Sql.RowsAsync(
            _app.Database.Portico,
            """
            SELECT c.id, c.amount::bigint, coalesce((SELECT sum(r.amount) FROM ledger.journals r WHERE r.reverses_id = c.id), 0)::bigint
            FROM ledger.journals c WHERE c.kind = 'capture' AND c.destination_id = $1
            """,
            row => (Id: row.GetGuid(0), Amount: row.GetInt64(1), Returned: row.GetInt64(2)),
            Sales)).ToDictionary(capture => capture.Id, capture => capture.Amount - capture.Returned);
        var orders = await Sql.RowsAsync(
            _orders.ConnectionString,
            "SELECT id, status, total FROM orders",
            row => (Id: row.GetGuid(0), Status: row.GetString(1), Total: row.GetInt64(2)));
        Assert.All(orders, order => Assert.Equal(
            (order.Id, order.Status is "placed" or "cancelled", order.Status == "placed" ? order.Total : 0),
            (order.Id, true, paid.GetValueOrDefault(OrderIds.CaptureOf(order.Id)))));
        Assert.Equal(orders.Where(order => order.Status == "placed").Sum(order => order.Total), paid.Values.Sum());

        // A client that was told of an order has it.
        var placed = orders.Where(order => order.Status == "placed").Select(order => $"{order.Id}").ToHashSet(StringComparer.Ordinal);
        Assert.All(_placed, order => Assert.Contains(order.Split(' ')[1], placed));

        var events = (await Sql.RowsAsync(
            _app.Database.Portico,
            "SELECT aggregate_id, type FROM outbox WHERE type LIKE 'orders.%'",
            row => (Id: row.GetGuid(0), Type: row.GetString(1)))).ToLookup(row => row.Id, row => row.Type);
        Assert.All(orders, order =>
        {
            var told = events[order.Id].Order(StringComparer.Ordinal).ToArray();
            if (order.Status == "placed")
                Assert.Equal(["orders.placed.v1"], told);
            else if (told.Length > 0)
                Assert.Equal(["orders.cancelled.v1", "orders.placed.v1"], told);
        });
    }

    private async Task<Dictionary<Guid, string>> StatusesAsync() => (await Sql.RowsAsync(
        _orders.ConnectionString, "SELECT id, status FROM orders", row => (Id: row.GetGuid(0), Status: row.GetString(1))))
        .ToDictionary(order => order.Id, order => order.Status);

    private sealed record Request(TestPerson Person, string Path, object? Body, string Key);
}
