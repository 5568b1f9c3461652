using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Portico.Testing.Providers;

/// <summary>The API of YooKassa: payments and refunds (https://yookassa.ru/developers/api).</summary>
public sealed class FakeYookassa() : FakePaymentServer("Idempotence-Key")
{
    private const string ShopId = "506751";
    private const string SecretKey = "test_k0P5Xw7nT2bVq9YzR4mL8cJd1sHf6uGa";
    private const string PaymentsPath = "/v3/payments";
    private const string RefundsPath = "/v3/refunds";

    private static readonly string Authorization = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ShopId}:{SecretKey}"))}";

    public override IDictionary<string, string?> Settings() => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Payments:Yookassa:ShopId"] = ShopId,
        ["Payments:Yookassa:SecretKey"] = SecretKey,
        ["Payments:Yookassa:ApiUrl"] = $"{Address}",
        ["Payments:Yookassa:Currencies:0"] = "RUB",
        ["Payments:Yookassa:Networks:0"] = "127.0.0.0/8",
    };

    public override Func<HttpRequestMessage> Notification(string kind, FakePayment payment, FakeRefund? refund = null)
    {
        var body = new JsonObject
        {
            ["type"] = "notification",
            ["event"] = kind,
            ["object"] = refund is null ? Show(payment) : Show(refund, payment),
        }.ToJsonString();
        return () => new HttpRequestMessage(HttpMethod.Post, "/api/v1/webhooks/yookassa")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
    }

    protected override PaymentAnswer? Refuse(HttpRequest request) => request.Headers.Authorization == Authorization
        ? null
        : Error(401, "invalid_credentials", null);

    protected override PaymentAnswer KeyReused() => Error(400, "invalid_request", "Idempotence-Key");

    protected override PaymentAnswer Refusal() => Error(400, "invalid_request", "amount.value");

    protected override async Task<PaymentAnswer> HandleAsync(HttpRequest request, string body)
    {
        var path = request.Path.Value!;
        if (HttpMethods.IsPost(request.Method))
        {
            if (string.IsNullOrEmpty(request.Headers["Idempotence-Key"]))
                return Error(400, "invalid_request", "Idempotence-Key");
            var json = JsonNode.Parse(body)!.AsObject();
            if (path == RefundsPath)
            {
                lock (Gate)
                    return Refund(json);
            }

            var made = Create(json);
            await OnCreated(made);
            return Ok(Show(made));
        }

        lock (Gate)
        {
            if (path == RefundsPath)
            {
                var refunds = Payments.TryGetValue(request.Query["payment_id"]!, out var of)
                    ? of.Refunds.Select(refund => (JsonNode)Show(refund, of))
                    : [];
                return Ok(new JsonObject { ["type"] = "list", ["items"] = new JsonArray([.. refunds]) });
            }

            return Payments.TryGetValue(path[(PaymentsPath.Length + 1)..], out var payment)
                ? Ok(Show(payment))
                : Error(404, "not_found", "payment_id");
        }
    }

    private FakePayment Create(JsonObject json)
    {
        lock (Gate)
        {
            var porticoId = (string)json["metadata"]!["portico_payment_id"]!;
            // Two requests with one key at once.
            if (Payments.Values.FirstOrDefault(made => made.PorticoId == porticoId) is { } twin)
                return twin;
            var payment = new FakePayment
            {
                Id = $"{Guid.NewGuid()}",
                Amount = Units(json["amount"]!),
                Currency = (string)json["amount"]!["currency"]!,
                PorticoId = porticoId,
            };
            Payments[payment.Id] = payment;
            return payment;
        }
    }

    private PaymentAnswer Refund(JsonObject json)
    {
        var payment = Payments[(string)json["payment_id"]!];
        var amount = Units(json["amount"]!);
        var text = (string)json["description"]!;
        if (payment.Refunds.FirstOrDefault(made => made.PorticoId == text) is { } twin)
            return Ok(Show(twin, payment));
        if (RefusesRefunds || payment.Refunding + amount > payment.Received)
            return Error(400, "invalid_request", "amount.value");
        var refund = new FakeRefund
        {
            Id = $"{Guid.NewGuid()}",
            Amount = amount,
            PorticoId = text,
            Status = RefundsTakeTime ? "pending" : "succeeded",
        };
        payment.Refunds.Add(refund);
        return Ok(Show(refund, payment));
    }

    private static JsonObject Show(FakePayment payment)
    {
        var json = new JsonObject
        {
            ["id"] = payment.Id,
            ["status"] = payment.Status,
            ["amount"] = AmountOf(payment.Amount, payment.Currency),
            ["paid"] = payment.Status == "succeeded",
            ["metadata"] = new JsonObject { ["portico_payment_id"] = payment.PorticoId },
            ["confirmation"] = new JsonObject
            {
                ["type"] = "redirect",
                ["confirmation_url"] = $"https://yoomoney.ru/payments/external/confirmation?orderId={payment.Id}",
            },
        };
        if (payment.Status == "succeeded")
        {
            json["income_amount"] = AmountOf(payment.Received - payment.Fee, payment.SettledIn ?? payment.Currency);
            json["refunded_amount"] = AmountOf(payment.Refunded, payment.Currency);
        }

        return json;
    }

    private static JsonObject Show(FakeRefund refund, FakePayment payment) => new()
    {
        ["id"] = refund.Id,
        ["payment_id"] = payment.Id,
        ["status"] = refund.Status == "failed" ? "canceled" : refund.Status,
        ["amount"] = AmountOf(refund.Amount, payment.Currency),
        ["description"] = refund.PorticoId,
    };

    private static JsonObject AmountOf(long units, string currency) => new()
    {
        ["value"] = (units / 100m).ToString("0.00", CultureInfo.InvariantCulture),
        ["currency"] = currency,
    };

    private static long Units(JsonNode amount) =>
        (long)(decimal.Parse((string)amount["value"]!, CultureInfo.InvariantCulture) * 100);

    private static PaymentAnswer Ok(JsonObject body) => new(200, body.ToJsonString());

    private static PaymentAnswer Error(int status, string code, string? parameter) => new(
        status, JsonSerializer.Serialize(new { type = "error", id = Guid.NewGuid(), code, description = "Error", parameter }));
}
