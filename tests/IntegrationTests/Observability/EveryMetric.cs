using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Observability;

/// <summary>What the programs export when every feature is on and has measured something; read once for all tests.</summary>
internal static class EveryMetric
{
    private static readonly Lazy<Task<string>> Api = new(ReadApiAsync);

    /// <summary>The metrics of the web API as Prometheus text.</summary>
    public static Task<string> OfTheApiAsync() => Api.Value;

    /// <summary>The metrics of the orders service as Prometheus text.</summary>
    public static async Task<string> OfTheOrdersServiceAsync()
    {
        var orders = await OrdersApp.SharedAsync();
        using var client = new HttpClient();
        // The first answer is of a time without requests.
        await client.GetStringAsync(new Uri(orders.Management, "/health/live"));
        return await client.GetStringAsync(new Uri(orders.Management, "/metrics"));
    }

    private static async Task<string> ReadApiAsync()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
            {
                ["Orders:Url"] = "http://127.0.0.1:1",
                ["Payments:Stripe:SecretKey"] = "sk_test_1",
                ["Payments:Stripe:WebhookSecret"] = "whsec_1",
                ["Payments:Stripe:ApiUrl"] = "http://127.0.0.1:1",
                ["Payments:Stripe:Currencies:0"] = "EUR",
            },
        });
        var person = await app.SignUpAsync();
        await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        await app.Client.GetAsync("/health/ready").Json(HttpStatusCode.OK);
        Assert.True((await app.Services.GetRequiredService<ILedgerVerification>().Verify(default)).IsSuccess);
        using var listener = new MeterListener();
        // A counter is there from its first measurement on; one of nothing makes it appear.
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (!ReferenceEquals(instrument.Meter.Scope, app.Services.GetRequiredService<IMeterFactory>()))
                return;
            (instrument as Counter<long>)?.Add(0);
            (instrument as Histogram<double>)?.Record(0);
            (instrument as Histogram<int>)?.Record(0);
        };
        listener.Start();

        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri(app.Management, "/metrics"));
    }
}
