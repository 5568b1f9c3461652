using System.Net;
using System.Text.Json;
using Npgsql;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using Portico.Testing.Providers;

namespace Portico.IntegrationTests.Payments;

/// <summary>One application with both providers, for all tests of payments.</summary>
public sealed class PaymentWorld : IAsyncLifetime
{
    /// <summary>The tests that share it.</summary>
    [CollectionDefinition(Name)]
    public sealed class Tests : ICollectionFixture<PaymentWorld>
    {
        public const string Name = "Payments";
    }

    public const string ReturnUrl = "https://app.example.com/paid";

    public PorticoApp App { get; private set; } = null!;
    public FakeStripe Stripe { get; } = new();
    public FakeYookassa Yookassa { get; } = new();
    public TestPerson Manager { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Stripe.StartAsync();
        await Yookassa.StartAsync();
        var settings = Settings(Stripe, Yookassa);
        settings["Payments:Timeout"] = "00:00:04";
        // The tests that break a provider must not have the calls of others refused.
        settings["Downstreams:BreakAfter"] = "10000";
        App = await PorticoApp.StartAsync(new PorticoAppOptions { Settings = settings });
        Manager = await App.ManagerAsync();
    }

    public async Task DisposeAsync()
    {
        await App.DisposeAsync();
        await Stripe.DisposeAsync();
        await Yookassa.DisposeAsync();
    }

    public static IDictionary<string, string?> Settings(FakeStripe stripe, FakeYookassa yookassa)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Payments:ReturnOrigins:0"] = "https://app.example.com",
            ["Payments:PollInterval"] = "00:00:00.100",
        };
        foreach (var (key, value) in stripe.Settings().Concat(yookassa.Settings()))
            settings[key] = value;
        return settings;
    }

    public FakePaymentServer ServerOf(string provider) => provider == "stripe" ? Stripe : Yookassa;

    public static string CurrencyOf(string provider) => provider == "stripe" ? "EUR" : "RUB";

    public static object Request(Guid wallet, string amount, string provider) => new
    {
        walletId = wallet,
        amount = LedgerPeople.Money(amount, CurrencyOf(provider)),
        provider,
        returnUrl = ReturnUrl,
    };

    /// <summary>A person with an empty wallet, and a payment into it that waits for the person.</summary>
    public async Task<Begun> BeginAsync(string provider, string amount = "100.00")
    {
        var person = await App.SignUpAsync();
        var wallet = await person.OpenWalletAsync(CurrencyOf(provider));
        var payment = await person.PostAsync(App, "payments", Request(wallet, amount, provider)).Json(HttpStatusCode.Created);
        var id = Guid.Parse(payment.Text("id"));
        return new Begun(this, person, wallet, id, provider, ServerOf(provider).Of(id), payment);
    }

    /// <summary>The same, paid and credited.</summary>
    public async Task<Begun> PaidAsync(string provider, string amount = "100.00")
    {
        var begun = await BeginAsync(provider, amount);
        ServerOf(provider).Pay(begun.Remote);
        using var told = await begun.NotifyAsync();
        await begun.UntilAsync(payment => payment.Text("status") == "succeeded", "the payment is credited");
        return begun;
    }
}

/// <summary>A payment of a person, here and at its provider.</summary>
public sealed record Begun(
    PaymentWorld World, TestPerson Person, Guid Wallet, Guid Id, string Provider, FakePayment Remote, JsonElement Answer)
{
    public FakePaymentServer Server => World.ServerOf(Provider);

    public string Currency => PaymentWorld.CurrencyOf(Provider);

    public Task<JsonElement> ReadAsync() => World.Manager.GetAsync($"/api/v1/payments/{Id}").Json(HttpStatusCode.OK);

    public Task<JsonElement> UntilAsync(Func<JsonElement, bool> isSo, string what) => UntilAsync(ReadAsync, isSo, what);

    public async Task<decimal> BalanceAsync() => (await Person.BalanceAsync(Wallet)).Balance;

    public Task<HttpResponseMessage> NotifyAsync(int times = 1) => Server.NotifyAsync(
        World.App.Client, Provider == "stripe" ? "payment_intent.succeeded" : "payment.succeeded", Remote, times);

    public async Task<HttpResponseMessage> NotifyOfRefundAsync(FakeRefund refund) => await World.App.Client.SendAsync(
        Server.Notification(Provider == "stripe" ? "refund.updated" : "refund.succeeded", Remote, refund)());

    public Task<HttpResponseMessage> RefundAsync(string? amount = null, string? key = null) => World.Manager.PostAsync(
        World.App,
        $"payments/{Id}/refund",
        amount is null ? new { reason = "returned" } : new { amount = LedgerPeople.Money(amount, Currency), reason = "returned" },
        key);

    private static async Task<JsonElement> UntilAsync(Func<Task<JsonElement>> read, Func<JsonElement, bool> isSo, string what)
    {
        JsonElement last = default;
        await Eventually.Holds(
            async () =>
            {
                last = await read();
                return isSo(last);
            },
            what);
        return last;
    }
}
