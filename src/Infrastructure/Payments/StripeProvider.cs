using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Portico.Application.Payments;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Payments;
using Portico.Infrastructure.Aggregation;
using Stripe;

namespace Portico.Infrastructure.Payments;

/// <summary>Takes payments by Stripe, as PaymentIntents.</summary>
/// <remarks>An event of Stripe is signed, but may come late or before an older one. So it says only which payment to look at.</remarks>
internal sealed partial class StripeProvider : ProviderClient, IPaymentProvider
{
    private const string PaymentIdKey = "portico_payment_id";
    private const string RefundIdKey = "portico_refund_id";
    private const int MaxPage = 100;

    private readonly StripeSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger<StripeProvider> _logger;
    private readonly PaymentIntentService _payments;
    private readonly RefundService _refunds;

    public StripeProvider(
        StripeSettings settings, PaymentSettings all, Downstreams downstreams, TimeProvider clock, ILogger<StripeProvider> logger)
        : base("Stripe", "stripe", settings.Currencies, downstreams, all)
    {
        (_settings, _clock, _logger) = (settings, clock, logger);
        var client = new StripeClient(new StripeClientOptions
        {
            ApiKey = settings.SecretKey,
            ApiBase = settings.ApiUrl.TrimEnd('/'),
            HttpClient = new SystemNetHttpClient(Http, maxNetworkRetries: 0, enableTelemetry: false),
        });
        (_payments, _refunds) = (new PaymentIntentService(client), new RefundService(client));
    }

    public Task<Result<OpenedPayment>> Create(Payment payment, CancellationToken cancellationToken) => Ask<OpenedPayment>(
        async token =>
        {
            var made = await _payments.CreateAsync(
                new PaymentIntentCreateOptions
                {
                    Amount = (long)payment.Amount,
                    Currency = CodeOf(payment.Currency),
                    AutomaticPaymentMethods = new PaymentIntentAutomaticPaymentMethodsOptions { Enabled = true },
                    Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [PaymentIdKey] = $"{payment.Id}" },
                },
                new RequestOptions { IdempotencyKey = $"{payment.Id}" },
                token);
            return new OpenedPayment(made.Id, made.ClientSecret);
        },
        cancellationToken);

    public async Task<ProviderPayment> Get(string providerId, CancellationToken cancellationToken)
    {
        var read = await Ask<ProviderPayment>(
            async token =>
            {
                var found = await _payments.GetAsync(
                    providerId,
                    new PaymentIntentGetOptions { Expand = ["latest_charge.balance_transaction"] },
                    cancellationToken: token);
                if (found.Status != "succeeded")
                    return Unpaid(found.Status);

                var settled = found.LatestCharge?.BalanceTransaction;
                return new ProviderPayment
                {
                    Status = ProviderPaymentStatus.Succeeded,
                    Captured = MoneyOf(found.AmountReceived, found.Currency),
                    // An account that settles in another currency has its fees in that one.
                    Fee = settled is not null && string.Equals(settled.Currency, found.Currency, StringComparison.OrdinalIgnoreCase)
                        ? MoneyOf(settled.Fee, settled.Currency)
                        : null,
                    Refunds = await List(providerId, token),
                };
            },
            cancellationToken);
        return read.Error is null ? read.Value : throw new InvalidOperationException($"Stripe does not know the payment {providerId}.");
    }

    // Refused while the bank of the user works on it, which may take days, and when it was paid a moment ago.
    public async Task<bool> Cancel(string providerId, CancellationToken cancellationToken) => (await Ask<string>(
        async token => (await _payments.CancelAsync(providerId, cancellationToken: token)).Id, cancellationToken)).IsSuccess;

    public Task<Result<ProviderRefund>> Refund(Payment payment, PaymentRefund refund, CancellationToken cancellationToken) =>
        Ask<ProviderRefund>(
            async token => RefundOf(await _refunds.CreateAsync(
                new RefundCreateOptions
                {
                    PaymentIntent = payment.ProviderId,
                    Amount = (long)refund.Amount,
                    Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [RefundIdKey] = $"{refund.Id}" },
                },
                new RequestOptions { IdempotencyKey = $"{refund.Id}" },
                token)),
            cancellationToken);

    public Result<WebhookNotice> Read(ReadOnlyMemory<byte> body, string? signature, IPAddress? from)
    {
        try
        {
            var text = Encoding.UTF8.GetString(body.Span);
            EventUtility.ValidateSignature(
                text, signature ?? "", _settings.WebhookSecret, EventUtility.DefaultTimeTolerance, _clock.GetUtcNow().ToUnixTimeSeconds());
            using var json = JsonDocument.Parse(text);
            var subject = json.RootElement.GetProperty("data").GetProperty("object");
            var payment = Text(subject, "object") == "payment_intent" ? Text(subject, "id") : Text(subject, "payment_intent");
            var (id, kind) = (Text(json.RootElement, "id"), Text(json.RootElement, "type"));
            return IsId(id) && kind is { Length: > 0 and <= 100 } && (payment is null || IsId(payment))
                ? new WebhookNotice(id!, kind, payment)
                : PaymentErrors.InvalidWebhook;
        }
        catch (Exception wrong) when (wrong is StripeException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return PaymentErrors.InvalidWebhook;
        }
    }

    private async Task<IReadOnlyList<ProviderRefund>> List(string providerId, CancellationToken cancellationToken)
    {
        // A payment has fewer than this: see Payment.MaxRefunds.
        var page = await _refunds.ListAsync(
            new RefundListOptions { PaymentIntent = providerId, Limit = MaxPage }, cancellationToken: cancellationToken);
        return [.. page.Data.Select(RefundOf)];
    }

    private Task<Result<T>> Ask<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken) => Call<Result<T>>(
        async token =>
        {
            try
            {
                return await ask(token);
            }
            catch (StripeException refusal) when (IsRefusal(refusal.HttpStatusCode))
            {
                LogRefused($"{refusal.StripeError?.Type} {refusal.StripeError?.Code}");
                return PaymentErrors.Refused;
            }
            catch (StripeException failure)
            {
                throw Away(failure);
            }
        },
        cancellationToken);

    private static ProviderRefund RefundOf(Refund refund) => new(
        refund.Id,
        refund.Metadata?.GetValueOrDefault(RefundIdKey) is { } text && Guid.TryParse(text, out var id) ? id : null,
        MoneyOf(refund.Amount, refund.Currency),
        refund.Status switch
        {
            "succeeded" => RefundStatus.Succeeded,
            "failed" or "canceled" => RefundStatus.Failed,
            _ => RefundStatus.Pending,
        });

    private static Money MoneyOf(long units, string currency) =>
        Money.OfMinorUnits(units, Currency.Of(currency.ToUpper(CultureInfo.InvariantCulture)));

    // Stripe writes codes in lower case.
    private static string CodeOf(Currency currency) => currency.Code.ToLower(CultureInfo.InvariantCulture);

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    [LoggerMessage(1, LogLevel.Warning, "Stripe refused a call: {Reason}")]
    private partial void LogRefused(string reason);
}
