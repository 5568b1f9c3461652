using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using Xunit.Abstractions;
using static Portico.IntegrationTests.Ledger.LedgerPeople;

namespace Portico.IntegrationTests.Containers;

/// <summary>The images and the compose file, built and run: used, stopped, started again and killed in part.</summary>
public sealed partial class ComposeRunTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private const int Readers = 8;
    private const int Requests = 500;
    private static readonly string[] Images = ["server", "orders", "migrator", "seeder"];

    [Fact]
    [Trait("Category", "Containers")]
    public async Task Runs_survives_deaths_and_keeps_its_data()
    {
        await using var engine = await ContainerEngine.StartAsync();
        await TimedAsync("build", () => engine.ComposeAsync("build"));
        foreach (var image in Images)
        {
            var size = await engine.RunAsync($"{engine.Program} image inspect --format '{{{{.Size}}}}' portico/{image}");
            output.WriteLine($"image {image}: {long.Parse(size, CultureInfo.InvariantCulture) / 1_000_000} MB");
        }

        using var api = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{engine.Port}") };
        await TimedAsync("up on empty volumes", () => engine.ComposeAsync("up -d"));
        await ReadyAsync(api, "ready after that");
        await AssertPlainAsync(engine);
        await AssertLocaleAsync(engine);
        var (ada, from, to) = await UseAsync(engine, api);
        output.WriteLine($"idle:\n{await StatsAsync(engine)}");
        output.WriteLine($"under load:\n{await UnderLoadAsync(ada, () => StatsAsync(engine))}");

        await TimedAsync("the server stops", () => engine.ComposeAsync("stop --timeout 50 server"));
        var state = await engine.RunAsync(
            $"{engine.Program} inspect --format '{{{{.State.ExitCode}}}}' $({engine.Program} ps -aqf name=server)");
        Assert.Equal("0", state.Trim());
        await TimedAsync("everything stops", () => engine.ComposeAsync("stop --timeout 50"));
        await TimedAsync("up again", () => engine.ComposeAsync("up -d"));
        await ReadyAsync(api, "ready after that");
        Assert.Equal(30m, await BalanceAsync(ada, from));

        foreach (var victim in (string[])["server", "orders", "postgres", "redis", "nats"])
        {
            await LogInAsync(ada);
            await engine.ComposeAsync($"kill -s SIGKILL {victim}");
            // Docker does not restart what its own command killed.
            await engine.ComposeAsync($"up -d {victim}");
            await TimedAsync($"pays after the death of {victim}", () => PayAsync(ada, from, to));
            // Signing in needs what a payment does not.
            await ReadyAsync(api, "ready after that");
        }

        Assert.Equal(25m, await BalanceAsync(ada, from));
        await ReadyAsync(api, "ready in the end");
        var admin = await SignInAsync(engine, api, "admin");
        var verified = await admin.GetAsync("/api/v1/ledger/verification").Json(HttpStatusCode.OK);
        Assert.True(verified.GetProperty("clean").GetBoolean(), verified.ToString());
    }

    private static Task<string> StatsAsync(ContainerEngine engine) => engine.RunAsync($"{engine.Program} stats --no-stream");

    /// <summary>What is measured after some hundred requests, and while more are made.</summary>
    private static async Task<string> UnderLoadAsync(TestPerson person, Func<Task<string>> measure)
    {
        var answered = 0;
        using var end = new CancellationTokenSource();
        var readers = Task.WhenAll(Enumerable.Range(0, Readers).Select(async _ =>
        {
            while (!end.IsCancellationRequested)
            {
                using var answer = await person.GetAsync("/api/v1/dashboard");
                // One person may not ask for so much.
                Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.TooManyRequests, $"{answer.StatusCode}");
                Interlocked.Increment(ref answered);
            }
        }));
        await Eventually.Holds(() => Task.FromResult(answered >= Requests || readers.IsFaulted), "requests are answered", Patience);
        var found = await measure();
        await end.CancelAsync();
        await readers;
        return found;
    }

    /// <summary>Signs up by the mailbox, pays, orders and reads the page.</summary>
    private static async Task<(TestPerson Ada, Guid From, Guid To)> UseAsync(ContainerEngine engine, HttpClient api)
    {
        var email = PorticoApp.NewEmail();
        await api.PostAsJsonAsync("/api/v1/auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        var letter = await Eventually.Get(
            async () => (await engine.RunAsync(
                    $"{engine.Program} cp $({engine.Program} ps -qf name=server):/var/lib/portico/mailbox - | tar -xO --wildcards '*.eml'"))
                .Split("From: ").FirstOrDefault(message => message.Contains($"To: {email}", StringComparison.Ordinal)),
            "the code is in the mailbox");
        var ada = new TestPerson(api, email, "correct horse battery staple");
        ada.Take(await api.PostAsJsonAsync(
                "/api/v1/auth/register",
                new { email, code = Code().Match(letter).Groups["code"].Value, password = ada.Password, displayName = "Ada" })
            .Json(HttpStatusCode.Created));

        var manager = await SignInAsync(engine, api, "manager");
        var (from, to) = (await ada.OpenWalletAsync(), await manager.OpenWalletAsync());
        await manager.SendAsync(api, "deposits", new { walletId = from, amount = Money("100.00"), description = "funds" }, key: null)
            .Json(HttpStatusCode.Created);
        await ada.SendAsync(api, "transfers", Transfer(from, to, "10.00"), key: null).Json(HttpStatusCode.Created);

        var products = await ada.GetAsync("/api/v1/products?limit=100").Json(HttpStatusCode.OK);
        var product = products.GetProperty("items").EnumerateArray()
            .First(item => item.GetProperty("price").Text("currency") == "EUR" && Amount(item, "price") <= 60m);
        var order = await ada.SendAsync(
            api, "orders", new { walletId = from, lines = new[] { new { productId = product.Text("id"), quantity = 1 } } }, key: null)
            .Json(HttpStatusCode.Created);
        // So that what is left is known.
        var rest = 60m - Amount(product, "price");
        await manager.SendAsync(
            api, "withdrawals",
            new { walletId = from, amount = Money(rest.ToString("0.00", CultureInfo.InvariantCulture)), description = "rest" }, key: null)
            .Json(HttpStatusCode.Created);
        Assert.Equal(30m, await BalanceAsync(ada, from));

        var page = await ada.GetAsync("/api/v1/dashboard").Json(HttpStatusCode.OK);
        Assert.Empty(page.GetProperty("errors").EnumerateArray());
        Assert.Contains(order.Text("id"), page.ToString(), StringComparison.Ordinal);
        return (ada, from, to);
    }

    private static async Task<TestPerson> SignInAsync(ContainerEngine engine, HttpClient api, string role)
    {
        var line = SignIn().Matches(await engine.ComposeAsync("logs demo")).First(line => line.Groups["role"].Value == role);
        var person = new TestPerson(api, line.Groups["email"].Value, line.Groups["password"].Value);
        person.Take(await person.LogInAsync().Json(HttpStatusCode.OK));
        return person;
    }

    /// <summary>Pays one euro, under one key until it is done: nothing is paid twice.</summary>
    private static async Task PayAsync(TestPerson ada, Guid from, Guid to)
    {
        var key = Guid.NewGuid().ToString();
        await Eventually.Holds(
            async () =>
            {
                try
                {
                    using var paid = await ada.SendAsync(
                        HttpMethod.Post, "/api/v1/transfers", Transfer(from, to, "1.00"), ("Idempotency-Key", key));
                    return paid.StatusCode == HttpStatusCode.Created;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "a payment",
            Patience);
    }

    private static async Task<decimal> BalanceAsync(TestPerson ada, Guid wallet)
    {
        await LogInAsync(ada);
        return (await ada.BalanceAsync(wallet)).Balance;
    }

    // The last answer of readiness may be a second old, and the first failures do not change it: what was killed may still be away.
    private static Task LogInAsync(TestPerson ada) => Eventually.Holds(
        async () =>
        {
            using var answer = await ada.LogInAsync();
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                return false;
            ada.Take(await answer.Json(HttpStatusCode.OK));
            return true;
        },
        "sign-in works");

    /// <summary>Programs run without root and without a shell, and write nothing but JSON lines.</summary>
    private static async Task AssertPlainAsync(ContainerEngine engine)
    {
        foreach (var (service, health) in (ValueTuple<string, int>[])[("server", 5080), ("orders", 5091)])
        {
            // Compose writes _ or - between the parts of a name.
            var container = $"$({engine.Program} ps -qf name=portico-test[_-]{service}[_-]1$)";
            var user = await engine.RunAsync($"ps -o uid= -p $({engine.Program} inspect --format '{{{{.State.Pid}}}}' {container})");
            Assert.Equal("1654", user.Trim());
            // Only the server was waited for.
            await engine.RunAsync(
                $"for n in $(seq 30); do {engine.Program} exec {container} "
                + $"dotnet /health/Portico.HealthCheck.dll http://127.0.0.1:{health}/health/ready && exit; sleep 1; done; exit 1");
            await engine.RunAsync($"! {engine.Program} exec {container} sh -c true");
            var log = await engine.RunAsync($"{engine.Program} logs {container} 2>&1");
            Assert.All(
                log.Split('\n', StringSplitOptions.RemoveEmptyEntries),
                line => Assert.StartsWith("{", line.TrimStart(), StringComparison.Ordinal));
            Assert.DoesNotContain("\"level\":\"Error\"", log, StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>Each database compares texts by the numbers of their characters, which no update changes.</summary>
    private static async Task AssertLocaleAsync(ContainerEngine engine)
    {
        var locales = await engine.RunAsync(
            $"{engine.Program} exec $({engine.Program} ps -qf name=portico-test[_-]postgres[_-]1$) psql --username=postgres "
            + "--no-align --tuples-only --command 'SELECT DISTINCT datcollate, datctype FROM pg_database'");
        Assert.Equal("C.UTF-8|C.UTF-8", locales.Trim());
    }

    private Task ReadyAsync(HttpClient api, string what) => TimedAsync(what, () => Eventually.Holds(
        async () =>
        {
            try
            {
                using var answer = await api.GetAsync("/health/ready");
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        "the server is ready",
        Patience));

    private async Task TimedAsync(string what, Func<Task> step)
    {
        var started = Stopwatch.GetTimestamp();
        await step();
        output.WriteLine($"{what}: {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
    }

    [GeneratedRegex(@"(?<role>\w+)\s+(?<email>\S+@\S+)\s+(?<password>\S+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SignIn();

    [GeneratedRegex(@"\b(?<code>\d{6})\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Code();
}
