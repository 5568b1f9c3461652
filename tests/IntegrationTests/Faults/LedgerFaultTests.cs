using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Npgsql;
using Portico.DevStack;
using Portico.Infrastructure.Ledger;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Faults;

/// <summary>Kills the web API and PostgreSQL while people pay and exchange, and counts the money.</summary>
[Trait("Category", Campaign.Category)]
public sealed class LedgerFaultTests : IAsyncLifetime
{
    private const int RunsInSuite = 1;
    private const int Payers = 16;
    private const int PaymentsEach = 12;
    private const int Wallets = 6;

    private LocalStack _stack = null!;
    private PorticoApp _app = null!;
    private TestPerson _person = null!;
    private Guid[] _wallets = null!;
    private Guid _dollars;
    // Two replicas: while one starts again, the other one serves.
    private PorticoProcess _process = null!;
    private PorticoProcess _other = null!;
    private Task _starting = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _stack = await LocalStack.StartAsync(new LocalStackOptions());
        _app = await PorticoApp.StartAsync(new PorticoAppOptions { Stack = _stack });
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Ledger:Writers"] = "2",
            // Blocks are sealed all the time, so that they die at any step too.
            ["HashChain:SealInterval"] = "00:00:00.05",
            ["HashChain:MaxBlock"] = "20",
            // A quote whose money is missing stays open.
            ["Exchange:MaxOpenQuotes"] = "10000",
        };
        (_process, _other) = (await PorticoProcess.StartAsync(_app, settings), await PorticoProcess.StartAsync(_app, settings));
        (_person, var manager) = (await _app.SignUpAsync(), await _app.ManagerAsync());
        _wallets = new Guid[Wallets];
        for (var n = 0; n < Wallets; n++)
        {
            _wallets[n] = await _person.OpenWalletAsync();
            await manager.DepositAsync(_app, _wallets[n], "20.00");
        }

        _dollars = await _person.OpenWalletWithAsync(_app, manager, "20.00", "USD");
        await manager.SetRateAsync("EUR", "USD", "1.09", spread: "0.01").Json(HttpStatusCode.OK);
    }

    public async Task DisposeAsync()
    {
        await _starting;
        await _process.DisposeAsync();
        await _other.DisposeAsync();
        await _app.DisposeAsync();
        await _stack.DisposeAsync();
    }

    [Fact]
    public Task Nothing_acknowledged_is_lost_and_nothing_is_paid_twice() => Campaign.Run(RunsInSuite, Run);

    private async Task Run(int seed)
    {
        var random = new Random(seed);
        // An access token lives for five minutes, a campaign longer.
        _person.Take(await _person.RefreshAsync().Json(HttpStatusCode.OK));
        var earlier = (await Count([])).All;
        var answers = new ConcurrentDictionary<Order, string>();
        var paying = Task.WhenAll(
            Enumerable.Range(0, Payers).Select(payer => Task.Run(() => Pay(new Random((seed * Payers) + payer), answers))));
        for (var kill = 0; kill < 2; kill++)
        {
            await Task.Delay(random.Next(10, 250));
            // One that starts needs its servers.
            await _starting;
            if (random.Next(2) == 0)
            {
                var killed = _process;
                (_process, _other) = (_other, killed);
                await killed.KillAsync();
                _starting = killed.StartAsync();
            }
            else
            {
                await _stack.Postgres.KillAsync();
                await _stack.Postgres.RestartAsync();
                await _stack.Postgres.WaitUntilReadyAsync();
            }
        }

        var asked = (await paying).Sum();
        Assert.Equal(asked, answers.Count);
        // Every repetition tells the same, by whichever process.
        foreach (var (order, answer) in answers.Where((_, n) => n % 7 == 0))
        {
            using var again = await Send(_app.Client, order);
            Assert.Equal(answer, await Told(again));
        }

        await LedgerChecker.CheckAsync(_app.Database.Portico);
        var made = answers.Values.Where(answer => answer.StartsWith("Created ", StringComparison.Ordinal))
            .Select(answer => JsonSerializer.Deserialize<JsonElement>(answer["Created ".Length..]).GetProperty("id").GetGuid())
            .ToArray();
        Assert.NotEmpty(made);
        Assert.Contains(answers, answer => answer.Key.Path == "exchanges" && answer.Value.StartsWith("Created ", StringComparison.Ordinal));
        Assert.All(
            answers.Values.Where(answer => answer.StartsWith("Conflict ", StringComparison.Ordinal)),
            answer => Assert.True(answer is "Conflict quote_used" or "Conflict quote_expired", answer));
        // An exchange has the id of its quote, so a quote that was used twice is here twice.
        Assert.Equal(made.Length, made.Distinct().Count());
        Assert.Equal((made.Length, earlier + made.Length), await Count(made));
        await IsSealed(made);
    }

    /// <summary>Every payment and exchange is sealed once, in one chain, and has a valid receipt.</summary>
    private async Task IsSealed(Guid[] made)
    {
        await Eventually.Holds(
            async () => await _app.Database.TextAsync(
                "SELECT (SELECT count(*) FROM ledger.journals) - (SELECT count(*) FROM ledger.block_journals)") == "0",
            "every journal is sealed");
        await using var connection = new NpgsqlConnection(_app.Database.Superuser);
        await connection.OpenAsync();
        var found = (await LedgerVerification.VerifyAsync(connection, _ => { }, default)).Value;
        Assert.All(found.Checks, check => Assert.True(check.Clean, $"{check.Name}: {check.FirstWrong}"));
        foreach (var id in made.Where((_, n) => n % 10 == 0))
        {
            var receipt = await _person.GetAsync($"/api/v1/transfers/{id}/receipt").Json(HttpStatusCode.OK);
            using var content = new StringContent($$"""{"receipt":{{receipt}}}""", Encoding.UTF8, "application/json");
            var told = await _app.Client.PostAsync(new Uri("/api/v1/ledger/receipts/verify", UriKind.Relative), content)
                .Json(HttpStatusCode.OK);
            Assert.True(told.GetProperty("valid").GetBoolean(), $"{told}");
        }
    }

    /// <returns>How many answers there must be.</returns>
    private async Task<int> Pay(Random random, ConcurrentDictionary<Order, string> answers)
    {
        var asked = 0;
        for (var n = 0; n < PaymentsEach; n++)
        {
            var from = random.Next(Wallets);
            if (random.Next(4) == 0)
            {
                // Two acceptances at once: the quote is used by one of them.
                var quote = await Quote(random, _wallets[from]);
                Order[] acceptances = [Order.Of("exchanges", new { quoteId = quote }), Order.Of("exchanges", new { quoteId = quote })];
                await Task.WhenAll(acceptances.Select(
                    async order => answers[order] =
                        await Answer(order, HttpStatusCode.Created, HttpStatusCode.Conflict, HttpStatusCode.UnprocessableEntity)));
                asked += acceptances.Length;
            }
            else
            {
                var to = _wallets[(from + random.Next(1, Wallets)) % Wallets];
                var order = Order.Of("transfers", LedgerPeople.Transfer(_wallets[from], to, Amount(random.Next(1, 900))));
                answers[order] = await Answer(order, HttpStatusCode.Created, HttpStatusCode.UnprocessableEntity);
                asked++;
            }
        }

        return asked;
    }

    private async Task<string> Quote(Random random, Guid wallet)
    {
        var (from, to, currency) = random.Next(2) == 0 ? (wallet, _dollars, "EUR") : (_dollars, wallet, "USD");
        // More than the smallest amount of an exchange.
        var sell = LedgerPeople.Money(Amount(random.Next(10, 900)), currency);
        var quote = await Answer(
            Order.Of("exchanges/quotes", new { fromWalletId = from, toWalletId = to, sell }), HttpStatusCode.OK);
        return JsonSerializer.Deserialize<JsonElement>(quote["OK ".Length..]).Text("id");
    }

    private static string Amount(int cents) => $"{cents / 100}.{cents % 100:D2}";

    /// <summary>Sends an order as a careful client does: with the same key until there is an answer.</summary>
    private async Task<string> Answer(Order order, params HttpStatusCode[] expected)
    {
        var told = "";
        await Eventually.Holds(
            async () =>
            {
                try
                {
                    using var answer = await Send(_process.Client, order);
                    if (!expected.Contains(answer.StatusCode))
                    {
                        Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, await Told(answer));
                        Assert.NotNull(answer.Headers.RetryAfter);
                        return false;
                    }

                    told = await Told(answer);
                    return true;
                }
                catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException)
                {
                    return false;
                }
            },
            $"{order.Path} {order.Key} is answered");
        return told;
    }

    private Task<HttpResponseMessage> Send(HttpClient client, Order order) =>
        _person.SendAsync(client, order.Path, order.Body, order.Key);

    private static async Task<string> Told(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        // Problem Details name the request by its trace.
        return answer.IsSuccessStatusCode
            ? $"{answer.StatusCode} {text}"
            : $"{answer.StatusCode} {JsonSerializer.Deserialize<JsonElement>(text).Text("code")}";
    }

    /// <summary>How many of these transfers and exchanges there are, and how many there are at all in these wallets.</summary>
    private async Task<(int Known, int All)> Count(Guid[] made) => (await _app.Database.RowsAsync(
        """
        SELECT count(*) FILTER (WHERE id = ANY($1))::int, count(*)::int FROM ledger.journals
        WHERE kind IN ('transfer', 'exchange') AND operation_id IS NULL AND source_id = ANY($2) AND initiated_by = $3
        """,
        row => (row.GetInt32(0), row.GetInt32(1)),
        made,
        (Guid[])[.. _wallets, _dollars],
        _person.Id))[0];

    /// <summary>A request, and the key of all its repetitions.</summary>
    private sealed record Order(string Path, object Body, string Key)
    {
        public static Order Of(string path, object body) => new(path, body, $"{Guid.NewGuid():N}");
    }
}
