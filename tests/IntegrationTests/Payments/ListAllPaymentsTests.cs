using System.Net;
using System.Text.Json;
using Portico.Testing;

namespace Portico.IntegrationTests.Payments;

/// <summary>The payments of all users, as managers see them.</summary>
[Collection(PaymentWorld.Tests.Name)]
public sealed class ListAllPaymentsTests(PaymentWorld world)
{
    private const string Path = "/api/v1/payments/all";

    [Fact]
    public async Task Managers_find_payments_by_user_provider_status_and_time()
    {
        var waiting = await world.BeginAsync("stripe");
        var paid = await world.PaidAsync("yookassa");
        var (one, other) = ($"ownerId={waiting.Person.Id}", $"ownerId={paid.Person.Id}");
        var createdAt = waiting.Answer.Text("createdAt");

        Assert.Equal([waiting.Id], await IdsAsync(one));
        Assert.Equal([waiting.Id], await IdsAsync($"{one}&status=pending&provider=stripe"));
        Assert.Equal([paid.Id], await IdsAsync($"{other}&status=succeeded&provider=yookassa"));
        Assert.Empty(await IdsAsync($"{one}&status=succeeded"));
        Assert.Empty(await IdsAsync($"{one}&provider=yookassa"));
        Assert.Empty(await IdsAsync($"{one}&needsAttention=true"));
        Assert.Equal([waiting.Id], await IdsAsync($"{one}&from={createdAt}"));
        Assert.Empty(await IdsAsync($"{one}&to={createdAt}"));
        await world.Manager.GetAsync($"{Path}?from={createdAt}&to={createdAt}").Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task The_list_has_the_payments_of_all_users_page_by_page_newest_first()
    {
        var begun = new[] { await world.BeginAsync("stripe"), await world.BeginAsync("yookassa"), await world.BeginAsync("stripe") };
        var query = $"from={begun[0].Answer.Text("createdAt")}&limit=2";

        var first = await world.Manager.GetAsync($"{Path}?{query}").Json(HttpStatusCode.OK);
        var second = await world.Manager.GetAsync($"{Path}?{query}&cursor={first.Text("nextCursor")}").Json(HttpStatusCode.OK);

        Assert.Equal([begun[2].Id, begun[1].Id, begun[0].Id], [.. IdsOf(first), .. IdsOf(second)]);
    }

    [Fact]
    public async Task What_a_payment_is_paid_with_is_shown_to_its_owner_only()
    {
        var begun = await world.BeginAsync("stripe");

        var own = await begun.Person.GetAsync($"/api/v1/payments/{begun.Id}").Json(HttpStatusCode.OK);
        var listed = (await world.Manager.GetAsync($"{Path}?ownerId={begun.Person.Id}").Json(HttpStatusCode.OK)).GetProperty("items")[0];

        Assert.Equal($"{begun.Remote.Id}_secret_x", own.Text("clientSecret"));
        Assert.Equal(begun.Remote.Id, listed.Text("providerId"));
        Assert.Equal(JsonValueKind.Null, listed.GetProperty("clientSecret").ValueKind);
        Assert.Equal(JsonValueKind.Null, (await begun.ReadAsync()).GetProperty("clientSecret").ValueKind);
    }

    private async Task<Guid[]> IdsAsync(string query) =>
        IdsOf(await world.Manager.GetAsync($"{Path}?{query}").Json(HttpStatusCode.OK));

    private static Guid[] IdsOf(JsonElement page) =>
        [.. page.GetProperty("items").EnumerateArray().Select(payment => payment.GetProperty("id").GetGuid())];
}
