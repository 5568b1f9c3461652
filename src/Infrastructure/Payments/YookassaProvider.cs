using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Portico.Application.Payments;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Payments;
using Portico.Infrastructure.Aggregation;

namespace Portico.Infrastructure.Payments;

/// <summary>Takes payments by YooKassa (https://yookassa.ru/developers/api).</summary>
/// <remarks>Anybody can send its notifications, because they carry no signature. So they say only which payment to look at.</remarks>
internal sealed partial class YookassaProvider : ProviderClient, IPaymentProvider
{
    private const string RefundText = "Portico refund ";
    private const int MaxPages = 10;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private readonly YookassaSettings _settings;
    private readonly ILogger<YookassaProvider> _logger;

    public YookassaProvider(
        YookassaSettings settings, PaymentSettings all, Downstreams downstreams, ILogger<YookassaProvider> logger)
        : base("YooKassa", "yookassa", settings.Currencies, downstreams, all)
    {
        (_settings, _logger) = (settings, logger);
        Http.BaseAddress = new Uri(new Uri(settings.ApiUrl), "v3/");
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{settings.ShopId}:{settings.SecretKey}")));
    }

    public async Task<Result<OpenedPayment>> Create(Payment payment, CancellationToken cancellationToken)
    {
        var made = await Ask<PaymentJson>(
            HttpMethod.Post,
            "payments",
            payment.Id,
            new
            {
                amount = AmountOf(payment.Money),
                capture = true,
                confirmation = new { type = "redirect", return_url = payment.ReturnUrl },
                metadata = new { portico_payment_id = payment.Id },
            },
            cancellationToken);
        if (made.Error is { } refusal)
            return refusal;
        var url = made.Value.Confirmation?.ConfirmationUrl;
        return IsId(made.Value.Id) && url is null or { Length: <= Payment.MaxUrlLength }
            ? new OpenedPayment(made.Value.Id, url)
            : throw Away();
    }

    public async Task<ProviderPayment> Get(string providerId, CancellationToken cancellationToken)
    {
        var read = await Ask<PaymentJson>(HttpMethod.Get, $"payments/{providerId}", key: null, body: null, cancellationToken);
        if (read.Error is not null)
            throw new InvalidOperationException($"YooKassa does not know the payment {providerId}.");

        var found = read.Value;
        if (found.Status != "succeeded")
            return Unpaid(found.Status);

        var captured = MoneyOf(found.Amount);
        return new ProviderPayment
        {
            Status = ProviderPaymentStatus.Succeeded,
            Captured = captured,
            Fee = FeeOf(captured, found.IncomeAmount),
            // The amount that was refunded leaves out what is on its way.
            Refunds = await List(providerId, cancellationToken),
        };
    }

    // A payment that nobody pays is canceled by YooKassa itself, after an hour at most.
    public Task<bool> Cancel(string providerId, CancellationToken cancellationToken) => Task.FromResult(true);

    public async Task<Result<ProviderRefund>> Refund(Payment payment, PaymentRefund refund, CancellationToken cancellationToken)
    {
        var made = await Ask<RefundJson>(
            HttpMethod.Post,
            "refunds",
            refund.Id,
            new { payment_id = payment.ProviderId, amount = AmountOf(refund.Money), description = $"{RefundText}{refund.Id}" },
            cancellationToken);
        return made.Error is { } refusal ? refusal : RefundOf(made.Value);
    }

    public Result<WebhookNotice> Read(ReadOnlyMemory<byte> body, string? signature, IPAddress? from)
    {
        if (!_settings.IsFrom(from))
            return PaymentErrors.ForeignWebhook;
        try
        {
            var notice = JsonSerializer.Deserialize<NotificationJson>(body.Span, Json);
            if (notice is not { Type: "notification", Event: { } kind, Object.Id: var id } || !KindForm().IsMatch(kind) || !IsId(id))
                return PaymentErrors.InvalidWebhook;
            var payment = kind.StartsWith("payment.", StringComparison.Ordinal) ? id : notice.Object.PaymentId;
            return payment is null || IsId(payment)
                ? new WebhookNotice($"{kind}:{id}", kind, payment)
                : PaymentErrors.InvalidWebhook;
        }
        catch (JsonException)
        {
            return PaymentErrors.InvalidWebhook;
        }
    }

    private async Task<IReadOnlyList<ProviderRefund>> List(string providerId, CancellationToken cancellationToken)
    {
        List<ProviderRefund> all = [];
        string? cursor = null;
        for (var page = 0; page < MaxPages; page++)
        {
            var path = $"refunds?payment_id={providerId}&limit=100{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}";
            var read = await Ask<ListJson>(HttpMethod.Get, path, key: null, body: null, cancellationToken);
            if (read.Error is not null)
                throw Away();
            all.AddRange(read.Value.Items.Select(RefundOf));
            cursor = read.Value.NextCursor;
            if (cursor is null)
                break;
        }

        return all;
    }

    private Task<Result<T>> Ask<T>(HttpMethod method, string path, Guid? key, object? body, CancellationToken cancellationToken) =>
        Call<Result<T>>(
            async token =>
            {
                using var request = new HttpRequestMessage(method, path);
                if (key is not null)
                    request.Headers.Add("Idempotence-Key", $"{key}");
                if (body is not null)
                    request.Content = JsonContent.Create(body);
                using var answer = await Http.SendAsync(request, token);
                if (IsRefusal(answer.StatusCode))
                {
                    var reason = await answer.Content.ReadFromJsonAsync<ErrorJson>(Json, token);
                    LogRefused($"{(int)answer.StatusCode} {reason?.Code} {reason?.Parameter}");
                    return PaymentErrors.Refused;
                }

                // 202 too: it is still being processed, and the answer comes to a repetition.
                if (answer.StatusCode != HttpStatusCode.OK)
                    throw Away(new HttpRequestException($"YooKassa answered {(int)answer.StatusCode}."));
                return await answer.Content.ReadFromJsonAsync<T>(Json, token) is { } read ? read : throw Away();
            },
            cancellationToken);

    private static ProviderRefund RefundOf(RefundJson refund) => new(
        refund.Id,
        refund.Description?.StartsWith(RefundText, StringComparison.Ordinal) == true
            && Guid.TryParse(refund.Description.AsSpan(RefundText.Length), out var id)
            ? id
            : null,
        MoneyOf(refund.Amount),
        refund.Status switch
        {
            "succeeded" => RefundStatus.Succeeded,
            "canceled" => RefundStatus.Failed,
            _ => RefundStatus.Pending,
        });

    // What is paid out in another currency does not tell the fee.
    private static Money? FeeOf(Money captured, AmountJson? income) =>
        income is not null && MoneyOf(income) is var rest && rest.Currency == captured.Currency ? captured - rest : null;

    private static AmountJson AmountOf(Money money) => new(money.Text, money.Currency.Code);

    private static Money MoneyOf(AmountJson amount) =>
        Currency.Find(amount.Currency) is { } currency && Money.Parse(amount.Value, currency) is { IsSuccess: true } read
            ? read.Value
            : throw new JsonException("YooKassa answered an amount that is none.");

    // Anybody can send one, and PostgreSQL does not store every text.
    [GeneratedRegex(@"\A[a-z0-9_.]{1,60}\z", RegexOptions.None, 100)]
    private static partial Regex KindForm();

    [LoggerMessage(1, LogLevel.Warning, "YooKassa refused a call: {Reason}")]
    private partial void LogRefused(string reason);

    private sealed record AmountJson(string Value, string Currency);

    private sealed record ConfirmationJson(string? ConfirmationUrl);

    private sealed record PaymentJson(
        string Id, string Status, AmountJson Amount, AmountJson? IncomeAmount, ConfirmationJson? Confirmation);

    private sealed record RefundJson(string Id, string PaymentId, string Status, AmountJson Amount, string? Description);

    private sealed record ListJson(IReadOnlyList<RefundJson> Items, string? NextCursor);

    private sealed record ErrorJson(string? Code, string? Parameter);

    private sealed record NotificationJson(string? Type, string? Event, SubjectJson? Object);

    private sealed record SubjectJson(string? Id, string? PaymentId);
}
