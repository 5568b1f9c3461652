using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Portico.Bench.Ledger;
using Portico.Bench.Load;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;

namespace Portico.Bench.Payments;

/// <summary>How long a payment provider waits for the answers to its notifications, while it answers nothing itself.</summary>
internal static class WebhooksScenario
{
    private const int Payments = 1_000;
    private const int PerSecond = 200;

    // An answer that takes longer counts as late.
    private const double LimitMs = 200;

    private static readonly string WebhookSecret = $"whsec_{Guid.NewGuid():N}";

    // They wait for the user to pay. The worker asks the provider about each of them after its notification.
    private static readonly string PaymentsSql =
        $"""
        INSERT INTO payments (id, version, owner_id, wallet_id, provider, amount, currency, status, return_url, provider_id, refunded,
            needs_attention, created_at)
        SELECT gen_random_uuid(), 1, owner_id, id, 'stripe', 1000, currency, 'pending', 'https://app.example.com/paid', 'pi_bench' || n, 0,
            false, now()
        FROM wallets, generate_series(0, {Payments - 1}) n
        """;

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        await using var database = NpgsqlDataSource.Create(stack.Superuser);
        var people = await stack.AddPeopleAsync(1, Role.User, cancellationToken);
        await LoadWallets.OpenAsync(database, people, count: 1, cancellationToken);
        await database.ExecuteAsync(PaymentsSql, cancellationToken);

        // Connections to it open, because the kernel takes them; no request gets an answer.
        using var provider = new TcpListener(IPAddress.Loopback, port: 0);
        provider.Start();
        await using var api = await stack.StartApiAsync(
            [
                new("Payments__Stripe__SecretKey", "sk_test_bench"),
                new("Payments__Stripe__WebhookSecret", WebhookSecret),
                new("Payments__Stripe__ApiUrl", $"http://{provider.LocalEndpoint}"),
                new("Payments__Stripe__Currencies__0", "EUR"),
                new("Payments__ReturnOrigins__0", "https://app.example.com"),
            ],
            cancellationToken);
        WebhookClient[] clients = [.. Enumerable.Range(0, options.Connections).Select(seed => new WebhookClient(seed))];
        List<string> lines = ["| | notifications | p50 ms | p99 ms | longest ms | after 200 ms |", "|---|--:|--:|--:|--:|--:|"];
        List<object> figures = [];
        var rate = options.Rate > 0 ? options.Rate : PerSecond;
        await MeasureAsync($"{rate} notifications a second", options with { Rate = rate });
        await MeasureAsync("as many as the connections carry", options with { Rate = 0 });
        report.AddTable("HTTP");

        var stored = await database.ReadAsync<long>("SELECT count(*) FROM payment_webhooks", cancellationToken);
        var answered = clients.Sum(client => client.Answered);
        if (stored < answered)
            throw new LoadException($"{answered} notifications were answered, and only {stored} are stored.");
        if (!provider.Pending())
            throw new LoadException("The provider was not asked about any payment.");
        lines.Add("");
        lines.Add($"{answered} notifications were answered with 200, the warm-up included, and {stored} are stored.");
        report.AddSection("Answers to a provider that hangs", string.Join('\n', lines), figures);

        async Task MeasureAsync(string what, LoadOptions load)
        {
            var rounds = await stack.MeasureAsync(report, what, api, clients, load, cancellationToken);
            if (rounds.Count == 0)
                return;
            LatencyHistogram latency = new();
            foreach (var round in rounds)
                latency.Add(round.Latency);
            var (p50, p99, longest, late) =
                (latency.Quantile(0.5), latency.Quantile(0.99), latency.Quantile(1), latency.CountAbove(LimitMs));
            lines.Add(string.Create(
                CultureInfo.InvariantCulture, $"| {what} | {latency.Count} | {p50:0.0} | {p99:0.0} | {longest:0.0} | {late} |"));
            figures.Add(new { What = what, Notifications = latency.Count, P50Ms = p50, P99Ms = p99, LongestMs = longest, Late = late });
        }
    }

    /// <summary>Sends events of Stripe with an id of their own each, about one payment after the other.</summary>
    private sealed class WebhookClient(int seed) : ILoadClient
    {
        private static readonly byte[] Key = Encoding.UTF8.GetBytes(WebhookSecret);

        private readonly Random _random = new(seed);

        /// <summary>How many were answered with 200.</summary>
        public long Answered { get; private set; }

        public ReadOnlySpan<byte> Next()
        {
            var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            var payment = $"pi_bench{_random.Next(Payments)}";
            var body =
                $$$"""
                {"id":"evt_{{{Guid.NewGuid():N}}}","object":"event","api_version":"2026-01-28.clover","created":{{{now}}},
                "type":"payment_intent.succeeded","livemode":false,"pending_webhooks":1,"request":{"id":null,"idempotency_key":null},
                "data":{"object":{"id":"{{{payment}}}","object":"payment_intent","amount":1000,"amount_received":1000,
                "capture_method":"automatic_async","confirmation_method":"automatic","created":{{{now}}},"currency":"eur",
                "latest_charge":"ch_{{{payment}}}","metadata":{},"payment_method":"pm_card","payment_method_types":["card"],
                "status":"succeeded"}
                }}
                """;
            var mac = Convert.ToHexStringLower(HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes($"{now}.{body}")));
            return RequestBytes.Send("POST", "/api/v1/webhooks/stripe", token: null, body, ("Stripe-Signature", $"t={now},v1={mac}"));
        }

        public bool Take(int status, ReadOnlySpan<byte> body)
        {
            if (status == 200)
                Answered++;
            return status == 200;
        }
    }
}
