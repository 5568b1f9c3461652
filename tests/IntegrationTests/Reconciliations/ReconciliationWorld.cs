using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Domain.Payments;
using Portico.Domain.Users;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Reconciliations;

/// <summary>Payments and refunds that are booked in the ledger of the shared application, in a period and after it.</summary>
public sealed class ReconciliationWorld : IAsyncLifetime
{
    private readonly List<ReportedItem> _items = [];
    private TestPerson _owner = null!;
    private int _number;

    public PorticoApp App { get; private set; } = null!;
    public TestPerson Admin { get; private set; } = null!;

    /// <summary>The begin of the period.</summary>
    public DateTimeOffset From { get; private set; }

    /// <summary>The end of the period.</summary>
    public DateTimeOffset To { get; private set; }

    /// <summary>A time in the period.</summary>
    public DateTimeOffset At => From.AddMinutes(1);

    /// <summary>What Stripe reports of the period.</summary>
    internal IReadOnlyList<ReportedItem> Stripe { get; private set; } = [];

    /// <summary>What YooKassa reports of the period.</summary>
    internal IReadOnlyList<ReportedItem> Yookassa { get; private set; } = [];

    /// <summary>What Stripe reports of the period, and is booked after it.</summary>
    internal IReadOnlyList<ReportedItem> Late { get; private set; } = [];

    public async Task InitializeAsync()
    {
        App = await PorticoApp.SharedAsync();
        (_owner, Admin) = (await App.SignUpAsync(), await App.SignUpAsync(Role.Admin));
        From = DateTimeOffset.UtcNow.AddHours(-1);
        From = From.AddTicks(-(From.Ticks % TimeSpan.TicksPerSecond));
        for (var n = 0; n < 10; n++)
            await Book(PaymentProvider.Stripe, 100 + n, n == 0 ? 0 : 3.20m + (n / 100m));
        await Refund(_items[1], "capture", 10);
        await Refund(_items[1], "withdrawal", 5.50m);
        await Refund(_items[2], "debt", 20);
        await Refund(_items[3], "withdrawal", 7, isFailed: true);
        Stripe = [.. _items];
        _items.Clear();
        for (var n = 0; n < 4; n++)
            await Book(PaymentProvider.Yookassa, 1_000 + n, 28 + n);
        await Refund(_items[0], "capture", 300);
        Yookassa = [.. _items];
        _items.Clear();
        To = DateTimeOffset.UtcNow;
        for (var n = 0; n < 3; n++)
            await Book(PaymentProvider.Stripe, 50 + n, 1);
        Late = [.. _items];
        _items.Clear();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Books a payment now.</summary>
    internal async Task<ReportedItem> Book(PaymentProvider provider, decimal amount, decimal fee)
    {
        var (name, code) = provider == PaymentProvider.Stripe ? ("stripe", "EUR") : ("yookassa", "RUB");
        var wallet = await _owner.OpenWalletAsync(code);
        var money = Money.Of(amount, Currency.Of(code));
        var charged = Money.Of(fee, money.Currency);
        var now = DateTimeOffset.UtcNow;
        var id = Ids.New(now);
        var item = new ReportedItem("payment", $"pi_{id:N}", $"pi_{id:N}", amount, fee, code);
        await App.Database.ExecuteAsync(
            """
            INSERT INTO payments (id, version, owner_id, wallet_id, provider, amount, currency, status, return_url, provider_id, captured,
                fee, refunded, needs_attention, created_at, ended_at)
            VALUES ($1, 1, $2, $3, $4, $5, $6, 'succeeded', 'https://app.example.com', $7, $5, $8, 0, false, $9, $9)
            """,
            id, _owner.Id, wallet, name, money.MinorUnits, code, item.Id, charged.MinorUnits, now);
        await Execute(PaymentMovement.Credit(PaymentIds.CreditOf(id), ClearingOf(provider), wallet, money, $"Payment {id}"));
        if (charged.IsPositive)
            await Execute(PaymentMovement.Fee(PaymentIds.FeeOf(id), ClearingOf(provider), charged, $"Payment {id}"));
        _items.Add(item);
        return item;
    }

    /// <summary>Moves money of a clearing account for a payment that nobody knows.</summary>
    internal async Task<Guid> BookForeign()
    {
        var id = Ids.New(DateTimeOffset.UtcNow);
        var money = Money.Of(1, Currency.Of("EUR"));
        await Execute(PaymentMovement.Credit(
            id, AccountKind.StripeClearing, SystemAccounts.IdOf(AccountKind.Suspense, money.Currency), money, $"Payment {Guid.NewGuid()}"));
        return id;
    }

    /// <summary>Compares a report as an administrator.</summary>
    public Task<HttpResponseMessage> SendAsync(
        string provider, string report, DateTimeOffset? from = null, DateTimeOffset? to = null, string? key = null) =>
        SendAsync(Admin, provider, new StringContent(report, Encoding.UTF8, new MediaTypeHeaderValue("text/csv")), from, to, key);

    public Task<HttpResponseMessage> SendAsync(
        TestPerson person, string provider, HttpContent report, DateTimeOffset? from = null, DateTimeOffset? to = null, string? key = null,
        bool isChunked = false)
    {
        static string Text(DateTimeOffset time) =>
            time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

        var request = new HttpRequestMessage(
            HttpMethod.Post,
            $"/api/v1/ledger/reconciliations?provider={provider}&from={Text(from ?? From)}&to={Text(to ?? To)}")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", person.AccessToken) },
            Content = report,
        };
        request.Headers.TransferEncodingChunked = isChunked;
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return App.Client.SendAsync(request);
    }

    /// <summary>The kinds and the ids of differences.</summary>
    public static IEnumerable<string> Found(JsonElement reconciliation) => reconciliation.GetProperty("differences").EnumerateArray()
        .Select(each => $"{each.Text("kind")} {each.Text("subject")} {each.Text("providerId")}").Order(StringComparer.Ordinal);

    private async Task Refund(ReportedItem payment, string way, decimal amount, bool isFailed = false)
    {
        var provider = payment.Currency == "EUR" ? PaymentProvider.Stripe : PaymentProvider.Yookassa;
        var paymentId = Guid.ParseExact(payment.Id[3..], "N");
        var wallet = Guid.Parse(await App.Database.TextAsync("SELECT wallet_id FROM payments WHERE id = $1", paymentId));
        var money = Money.Of(amount, Currency.Of(payment.Currency));
        var now = DateTimeOffset.UtcNow;
        var (id, providerId) = (Ids.New(now), $"re_{++_number}_{Guid.NewGuid():N}");
        await App.Database.ExecuteAsync(
            """
            INSERT INTO payment_refunds (id, owner_id, payment_id, amount, currency, status, provider_id, is_external, created_at, ended_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, false, $8, $8)
            """,
            id, _owner.Id, paymentId, money.MinorUnits, payment.Currency, isFailed ? "failed" : "succeeded", providerId, now);
        var (clearing, text) = (ClearingOf(provider), $"Payment {paymentId}");
        if (!isFailed)
        {
            await App.Database.ExecuteAsync(
                "UPDATE payments SET refunded = refunded + $2 WHERE id = $1", paymentId, money.MinorUnits);
        }

        switch (way)
        {
            case "capture":
                await Execute(new Reservation(
                    wallet, SystemAccounts.IdOf(clearing, money.Currency), money, now.AddDays(3650), $"Refund of payment {paymentId}")
                {
                    Id = PaymentIds.HoldOf(id),
                    IsOfPayment = true,
                });
                await Execute(new Capture(PaymentIds.HoldOf(id), Amount: null) { Id = PaymentIds.CaptureOf(id), IsOfPayment = true });
                break;
            case "withdrawal":
                await Execute(PaymentMovement.Refund(PaymentIds.WithdrawalOf(id), clearing, wallet, money, text));
                break;
            default:
                await Execute(PaymentMovement.Refund(
                    PaymentIds.DebtOf(id), clearing, SystemAccounts.IdOf(AccountKind.Suspense, money.Currency), money, text));
                break;
        }

        _items.Add(new ReportedItem("refund", providerId, payment.Id, amount, 0, payment.Currency));
        if (isFailed)
        {
            await Execute(PaymentMovement.Credit(PaymentIds.ReturnOf(id), clearing, wallet, money, text));
            _items.Add(new ReportedItem("failedRefund", providerId, payment.Id, amount, 0, payment.Currency));
        }
    }

    private async Task Execute(Instruction instruction)
    {
        var result = await App.Services.GetRequiredService<ILedger>().Execute(instruction, default);
        Assert.True(result.Error is null, result.Error?.Code);
    }

    private static AccountKind ClearingOf(PaymentProvider provider) =>
        provider == PaymentProvider.Stripe ? AccountKind.StripeClearing : AccountKind.YookassaClearing;
}
