using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json;
using Portico.Domain.Users;
using Portico.Testing;
using Portico.Testing.Providers;

namespace Portico.IntegrationTests.Payments;

/// <summary>What providers told, as managers see it.</summary>
[Collection(PaymentWorld.Tests.Name)]
public sealed class StoredWebhookTests(PaymentWorld world)
{
    private const string Path = "/api/v1/webhooks";
    private const string Retried = "The payment is known now.";

    [Fact]
    public async Task A_notification_about_no_payment_fails_after_ten_attempts_and_a_retry_credits_the_payment()
    {
        var begun = await world.BeginAsync("stripe");
        // As if the answer of the provider were not stored yet.
        await SetProviderIdAsync(begun, $"pi_{Guid.NewGuid():N}");
        begun.Server.Pay(begun.Remote);
        using var told = await begun.NotifyAsync();
        var waiting = await UntilAsync(begun, "waiting", row => row.GetProperty("attempts").GetInt32() > 0);
        Assert.Equal("No payment with this id is known.", waiting.Text("lastError"));
        await world.App.Database.ExecuteAsync(
            "UPDATE payment_webhooks SET attempts = 9, due_at = now() WHERE provider_payment_id = $1", begun.Remote.Id);

        var failed = await UntilAsync(begun, "failed");
        Assert.Equal(JsonValueKind.Null, failed.GetProperty("paymentId").ValueKind);
        Assert.Equal(10, failed.GetProperty("attempts").GetInt32());
        await SetProviderIdAsync(begun, begun.Remote.Id);
        await RetryAsync(failed, new { reason = Retried }).Json(HttpStatusCode.NoContent);

        await begun.UntilAsync(payment => payment.Text("status") == "succeeded", "the payment is credited");
        var handled = await UntilAsync(begun, "handled");
        Assert.Equal($"{begun.Id}", handled.Text("paymentId"));
        Assert.Equal(100, await begun.BalanceAsync());
        var admin = await world.App.SignUpAsync(Role.Admin);
        var notes = await admin.GetAsync($"/api/v1/audit?subject={failed.Text("eventId")}&action=webhook.retried").Json(HttpStatusCode.OK);
        Assert.Equal(Retried, Assert.Single(notes.GetProperty("items").EnumerateArray()).GetProperty("after").Text("reason"));
    }

    [Fact]
    public async Task A_notification_shows_why_its_payment_could_not_be_looked_at_until_it_could()
    {
        var begun = await world.BeginAsync("yookassa");
        begun.Server.Pay(begun.Remote);
        begun.Server.Fault = request =>
            request.Contains(begun.Remote.Id, StringComparison.Ordinal) ? PaymentFault.Broken : PaymentFault.None;
        try
        {
            using var told = await begun.NotifyAsync();
            var failed = await UntilAsync(begun, "failed");
            Assert.Equal($"{begun.Id}", failed.Text("paymentId"));
            Assert.Contains("YooKassa", failed.Text("lastError"), StringComparison.Ordinal);
        }
        finally
        {
            begun.Server.Fault = _ => PaymentFault.None;
        }

        await begun.UntilAsync(payment => payment.Text("status") == "succeeded", "the payment is credited");
        var handled = await UntilAsync(begun, "handled");
        Assert.Equal(JsonValueKind.Null, handled.GetProperty("lastError").ValueKind);
    }

    [Fact]
    public async Task The_list_is_paged_and_filtered_newest_first()
    {
        var (older, newer) = (await world.PaidAsync("stripe"), await world.PaidAsync("yookassa"));
        await UntilAsync(older, "handled");
        await UntilAsync(newer, "handled");

        var all = await ReadAllAsync("?limit=1");
        Assert.Equal(all.OrderByDescending(row => row.GetProperty("receivedAt").GetDateTimeOffset()).Select(IdOf), all.Select(IdOf));
        Assert.Contains(older.Remote.Id, all.Select(IdOf));
        var ofStripe = await ReadAllAsync("?provider=stripe&state=handled&limit=100");
        Assert.Contains(older.Remote.Id, ofStripe.Select(IdOf));
        Assert.DoesNotContain(newer.Remote.Id, ofStripe.Select(IdOf));
    }

    [Fact]
    public async Task A_cursor_of_a_provider_that_does_not_exist_is_refused()
    {
        await world.PaidAsync("stripe");
        await world.PaidAsync("yookassa");
        var page = await world.Manager.GetAsync($"{Path}?limit=1").Json(HttpStatusCode.OK);
        var json = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(page.Text("nextCursor")));
        var other = json.Replace("\"Provider\":0", "\"Provider\":7", StringComparison.Ordinal)
            .Replace("\"Provider\":1", "\"Provider\":7", StringComparison.Ordinal);
        Assert.NotEqual(json, other);
        await world.Manager.GetAsync($"{Path}?cursor={Base64Url.EncodeToString(Encoding.UTF8.GetBytes(other))}")
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task A_retry_needs_a_reason_and_a_notification()
    {
        var begun = await world.PaidAsync("stripe");
        var row = await UntilAsync(begun, "handled");
        await RetryAsync(row, new { reason = " " }).Problem(HttpStatusCode.BadRequest, "validation_failed");
        await RetryAsync("stripe", "evt_unknown", new { reason = Retried }).Problem(HttpStatusCode.NotFound, "not_found");
        await RetryAsync("yookassa", row.Text("eventId"), new { reason = Retried }).Problem(HttpStatusCode.NotFound, "not_found");
        await RetryAsync("7", row.Text("eventId"), new { reason = Retried }).Problem(HttpStatusCode.BadRequest, "validation_failed");

        // One that was handled may be retried: the payment stays as it is.
        await RetryAsync(row, new { reason = Retried }).Json(HttpStatusCode.NoContent);
        await UntilAsync(begun, "handled");
        Assert.Equal(100, await begun.BalanceAsync());
    }

    private Task SetProviderIdAsync(Begun begun, string providerId) =>
        world.App.Database.ExecuteAsync("UPDATE payments SET provider_id = $1 WHERE id = $2", providerId, begun.Id);

    private Task<HttpResponseMessage> RetryAsync(JsonElement row, object body) =>
        RetryAsync(row.Text("provider"), row.Text("eventId"), body);

    private Task<HttpResponseMessage> RetryAsync(string provider, string eventId, object body) =>
        world.Manager.SendAsync(HttpMethod.Post, $"{Path}/{provider}/{Uri.EscapeDataString(eventId)}/retry", body);

    /// <summary>The notification about a payment, once it is in a state.</summary>
    private Task<JsonElement> UntilAsync(Begun begun, string state, Func<JsonElement, bool>? isSo = null) => UntilAsync(
        async () =>
        {
            var page = await world.Manager.GetAsync($"{Path}?state={state}&limit=100").Json(HttpStatusCode.OK);
            return [.. page.GetProperty("items").EnumerateArray().Where(row => IdOf(row) == begun.Remote.Id && isSo?.Invoke(row) != false)];
        },
        $"the notification is {state}");

    private static async Task<JsonElement> UntilAsync(Func<Task<JsonElement[]>> read, string what)
    {
        JsonElement[] found = [];
        await Eventually.Holds(async () => (found = await read()).Length > 0, what);
        return found[0];
    }

    private async Task<List<JsonElement>> ReadAllAsync(string query)
    {
        List<JsonElement> rows = [];
        string? cursor = null;
        do
        {
            var page = await world.Manager.GetAsync($"{Path}{query}{(cursor is null ? "" : $"&cursor={cursor}")}").Json(HttpStatusCode.OK);
            rows.AddRange(page.GetProperty("items").EnumerateArray());
            var next = page.GetProperty("nextCursor");
            cursor = next.ValueKind == JsonValueKind.Null ? null : next.GetString();
        }
        while (cursor is not null);
        return rows;
    }

    private static string IdOf(JsonElement row) => row.Text("providerPaymentId");
}
