using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Portico.Testing.Providers;

/// <summary>The API of Stripe: PaymentIntents and refunds (https://docs.stripe.com/api).</summary>
public sealed class FakeStripe() : FakePaymentServer("Idempotency-Key")
{
    public const string SecretKey = "sk_test_4eC39HqLyjWDarjtT1zdp7dc";
    public const string WebhookSecret = "whsec_bV8x0kqPZ4mTn2Rj7YwL5uHs9GdFc3Ea";

    private const string Intents = "/v1/payment_intents";
    private const string RefundsPath = "/v1/refunds";

    public static async Task<FakeStripe> StartedAsync()
    {
        var stripe = new FakeStripe();
        await stripe.StartAsync();
        return stripe;
    }

    public override IDictionary<string, string?> Settings() => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Payments:Stripe:SecretKey"] = SecretKey,
        ["Payments:Stripe:WebhookSecret"] = WebhookSecret,
        ["Payments:Stripe:ApiUrl"] = $"{Address}",
        ["Payments:Stripe:Currencies:0"] = "EUR",
        ["Payments:Stripe:Currencies:1"] = "USD",
    };

    public override Func<HttpRequestMessage> Notification(string kind, FakePayment payment, FakeRefund? refund = null)
    {
        var subject = refund is null ? Show(payment) : Show(refund, payment);
        var body = new JsonObject
        {
            ["id"] = NewId("evt"),
            ["object"] = "event",
            ["api_version"] = "2026-01-28.clover",
            ["created"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            ["type"] = kind,
            ["livemode"] = false,
            ["data"] = new JsonObject { ["object"] = subject },
        }.ToJsonString();
        return () => Sign(body, WebhookSecret, DateTimeOffset.UtcNow);
    }

    /// <summary>Signs as Stripe does: an HMAC of the time and the body.</summary>
    public static HttpRequestMessage Sign(string body, string secret, DateTimeOffset at)
    {
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{time}.{body}"));
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/webhooks/stripe")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("Stripe-Signature", $"t={time},v1={Convert.ToHexStringLower(mac)}");
        return request;
    }

    protected override PaymentAnswer? Refuse(HttpRequest request) => request.Headers.Authorization == $"Bearer {SecretKey}"
        ? null
        : Error(401, "invalid_request_error", null, "Invalid API Key provided");

    protected override PaymentAnswer KeyReused() => Error(
        400, "idempotency_error", null, "Keys for idempotent requests can only be used with the same parameters.");

    protected override PaymentAnswer Refusal() => Error(402, "card_error", "card_declined", "Your card was declined.");

    protected override async Task<PaymentAnswer> HandleAsync(HttpRequest request, string body)
    {
        var form = new FormCollection(QueryHelpers.ParseQuery(body));
        var path = request.Path.Value!;
        if (HttpMethods.IsPost(request.Method) && path == Intents)
        {
            var made = Create(form);
            await OnCreated(made);
            return Ok(Show(made));
        }

        lock (Gate)
        {
            if (path == RefundsPath)
            {
                return HttpMethods.IsPost(request.Method)
                    ? Refund(form)
                    : Ok(new JsonObject
                    {
                        ["object"] = "list",
                        ["has_more"] = false,
                        ["data"] = new JsonArray([.. Refunds(request.Query["payment_intent"]!)]),
                    });
            }

            var id = path[(Intents.Length + 1)..].Split('/')[0];
            if (!Payments.TryGetValue(id, out var payment))
                return Error(404, "invalid_request_error", "resource_missing", $"No such payment_intent: '{id}'");
            if (path.EndsWith("/cancel", StringComparison.Ordinal))
            {
                if (payment.Status is "succeeded" or "processing")
                    return Error(400, "invalid_request_error", "payment_intent_unexpected_state", $"It has a status of {payment.Status}.");
                payment.Status = "canceled";
            }

            return Ok(Show(payment));
        }
    }

    private FakePayment Create(FormCollection form)
    {
        lock (Gate)
        {
            var porticoId = form["metadata[portico_payment_id]"].ToString();
            // Two requests with one key at once.
            if (Payments.Values.FirstOrDefault(made => made.PorticoId == porticoId) is { } twin)
                return twin;
            var payment = new FakePayment
            {
                Id = NewId("pi"),
                Amount = long.Parse(form["amount"]!, CultureInfo.InvariantCulture),
                Currency = form["currency"]!,
                PorticoId = porticoId,
            };
            Payments[payment.Id] = payment;
            return payment;
        }
    }

    private PaymentAnswer Refund(FormCollection form)
    {
        var payment = Payments[form["payment_intent"]!];
        var amount = long.Parse(form["amount"]!, CultureInfo.InvariantCulture);
        var porticoId = form["metadata[portico_refund_id]"].ToString();
        if (payment.Refunds.FirstOrDefault(made => made.PorticoId == porticoId) is { } twin)
            return Ok(Show(twin, payment));
        if (RefusesRefunds || payment.Refunding + amount > payment.Received)
            return Error(400, "invalid_request_error", "charge_already_refunded", "Refund amount is greater than unrefunded amount.");
        var refund = new FakeRefund
        {
            Id = NewId("re"),
            Amount = amount,
            PorticoId = porticoId,
            Status = RefundsTakeTime ? "pending" : "succeeded",
        };
        payment.Refunds.Add(refund);
        return Ok(Show(refund, payment));
    }

    private IEnumerable<JsonNode> Refunds(string id) =>
        Payments.TryGetValue(id, out var payment) ? payment.Refunds.Select(refund => Show(refund, payment)) : [];

    private static JsonObject Show(FakePayment payment)
    {
        var json = new JsonObject
        {
            ["id"] = payment.Id,
            ["object"] = "payment_intent",
            ["amount"] = payment.Amount,
            ["amount_received"] = payment.Received,
            ["currency"] = payment.Currency,
            ["client_secret"] = $"{payment.Id}_secret_x",
            ["metadata"] = new JsonObject { ["portico_payment_id"] = payment.PorticoId },
            ["status"] = payment.Status == "pending" ? "requires_payment_method" : payment.Status,
            ["latest_charge"] = null,
        };
        if (payment.Status == "succeeded")
        {
            json["latest_charge"] = new JsonObject
            {
                ["id"] = $"ch_{payment.Id}",
                ["object"] = "charge",
                ["balance_transaction"] = new JsonObject
                {
                    ["id"] = $"txn_{payment.Id}",
                    ["object"] = "balance_transaction",
                    ["amount"] = payment.Received,
                    ["currency"] = payment.SettledIn ?? payment.Currency,
                    ["fee"] = payment.Fee,
                    ["net"] = payment.Received - payment.Fee,
                },
            };
        }

        return json;
    }

    private static JsonObject Show(FakeRefund refund, FakePayment payment) => new()
    {
        ["id"] = refund.Id,
        ["object"] = "refund",
        ["amount"] = refund.Amount,
        ["currency"] = payment.Currency,
        ["payment_intent"] = payment.Id,
        ["metadata"] = refund.PorticoId is null ? [] : new JsonObject { ["portico_refund_id"] = refund.PorticoId },
        ["status"] = refund.Status,
    };

    private static PaymentAnswer Ok(JsonObject body) => new(200, body.ToJsonString());

    private static PaymentAnswer Error(int status, string type, string? code, string message) =>
        new(status, JsonSerializer.Serialize(new { error = new { type, code, message } }));
}
