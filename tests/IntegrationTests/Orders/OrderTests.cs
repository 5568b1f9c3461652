using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Orders;
using Portico.DevStack;
using Portico.Domain.Common;
using Portico.Domain.Orders;
using Portico.Domain.Users;
using Portico.Infrastructure.AccessTokens;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Orders;

/// <summary>Orders over HTTP, with the real orders service: the order and its money change together.</summary>
public sealed class OrderTests : IAsyncLifetime
{
    private OrdersApp _orders = null!;
    private PorticoApp _app = null!;
    private TestPerson _person = null!;
    private TestPerson _manager = null!;
    private Guid _wallet;

    public async Task InitializeAsync()
    {
        _orders = await OrdersApp.SharedAsync();
        _app = _orders.Issuer;
        (_person, _manager) = (await _app.SignUpAsync(), await _app.ManagerAsync());
        _wallet = await _person.OpenWalletWithAsync(_app, _manager, "100.00");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Places_an_order_and_takes_its_money()
    {
        using var answer = await _person.PostOrderAsync(_app.Client, OrderPeople.Mugs(_wallet, 2, LedgerPeople.Money("25.00")));
        var order = await answer.Json(HttpStatusCode.Created);

        Assert.Equal($"{OrderPeople.Path}/{order.Text("id")}", answer.Headers.Location?.OriginalString);
        Assert.Equal(("placed", "25.00"), (order.Text("status"), order.GetProperty("total").Text("amount")));
        Assert.Equal((75m, 0m, 75m), await _person.BalanceAsync(_wallet));
        var shown = await _person.GetAsync($"{OrderPeople.Path}/{order.Text("id")}").Json(HttpStatusCode.OK);
        Assert.Equal("placed", shown.Text("status"));
        var listed = await _person.GetAsync(OrderPeople.Path).Json(HttpStatusCode.OK);
        Assert.Equal(order.Text("id"), Assert.Single(listed.GetProperty("items").EnumerateArray()).Text("id"));
        Assert.Equal(["orders.placed.v1"], await EventsAsync(order.Text("id")));
        await LedgerChecker.CheckAsync(_app.Database.Portico);
    }

    [Fact]
    public async Task Returns_the_money_of_a_cancelled_order_once()
    {
        var id = (await _person.PlaceAsync(_app, _wallet)).Text("id");

        var cancelled = await _person.CancelAsync(_app.Client, id).Json(HttpStatusCode.OK);
        Assert.Equal(("cancelled", "requested"), (cancelled.Text("status"), cancelled.Text("cancelReason")));
        Assert.Equal((100m, 0m, 100m), await _person.BalanceAsync(_wallet));

        await _person.CancelAsync(_app.Client, id).Json(HttpStatusCode.OK);
        Assert.Equal((100m, 0m, 100m), await _person.BalanceAsync(_wallet));
        Assert.Equal(["orders.placed.v1", "orders.cancelled.v1"], await EventsAsync(id));
    }

    [Fact]
    public async Task The_same_key_places_one_order_however_often_it_is_sent()
    {
        var key = Guid.NewGuid().ToString();
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => _person.PostOrderAsync(_app.Client, OrderPeople.Mugs(_wallet), key)));

        var ids = await Task.WhenAll(answers.Select(async answer => (await answer.Json(HttpStatusCode.Created)).Text("id")));
        Assert.Single(ids.Distinct(StringComparer.Ordinal));
        Assert.Equal(7, answers.Count(answer => answer.Headers.Contains("Idempotency-Replayed")));
        Assert.Equal(87.5m, (await _person.BalanceAsync(_wallet)).Balance);
        await _person.PostOrderAsync(_app.Client, OrderPeople.Mugs(_wallet, 2), key)
            .Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        // A key has one use in all of Portico.
        await _person.PostAsync(_app, "transfers", LedgerPeople.Transfer(_wallet, Guid.NewGuid(), "1.00"), key)
            .Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        foreach (var answer in answers)
            answer.Dispose();
    }

    [Fact]
    public async Task A_refused_order_leaves_nothing_and_its_answer_is_replayed()
    {
        var key = Guid.NewGuid().ToString();
        await _person.PostOrderAsync(_app.Client, OrderPeople.Mugs(_wallet, 9), key)
            .Problem(HttpStatusCode.UnprocessableEntity, "insufficient_funds");
        using var again = await _person.PostOrderAsync(_app.Client, OrderPeople.Mugs(_wallet, 9), key);
        await again.Problem(HttpStatusCode.UnprocessableEntity, "insufficient_funds");
        Assert.True(again.Headers.Contains("Idempotency-Replayed"));

        await _person.PostOrderAsync(_app.Client, OrderPeople.Mugs(_wallet, 1, LedgerPeople.Money("12.49")))
            .Problem(HttpStatusCode.Conflict, "price_changed");
        var unknown = new { walletId = _wallet, lines = new[] { new { productId = Guid.NewGuid(), quantity = 1 } } };
        await _person.PostOrderAsync(_app.Client, unknown).Problem(HttpStatusCode.UnprocessableEntity, "product_not_found");
        await _person.PostOrderAsync(_app.Client, OrderPeople.Mugs(await _person.OpenWalletAsync("USD")))
            .Problem(HttpStatusCode.UnprocessableEntity, "currency_mismatch");
        var stranger = await _app.SignUpAsync();
        await stranger.PostOrderAsync(_app.Client, OrderPeople.Mugs(_wallet)).Problem(HttpStatusCode.NotFound, "not_found");

        Assert.Equal((100m, 0m, 100m), await _person.BalanceAsync(_wallet));
        Assert.Empty((await _person.GetAsync(OrderPeople.Path).Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task An_order_that_is_refused_after_the_hold_gives_the_money_back()
    {
        // A price that changes between the reading and the order.
        var product = Guid.NewGuid();
        await _orders.ExecuteAsync(
            "INSERT INTO products (id, name, description, price, currency) VALUES ($1, 'Clock', '', 1000, 'EUR')", product);
        var steps = _app.Services.GetRequiredService<OrderSteps>();
        var saga = new OrderSaga
        {
            OrderId = Guid.CreateVersion7(),
            Kind = OrderSagaKind.Place,
            OwnerId = _person.Id,
            Key = "unused",
            WalletId = _wallet,
            Total = Money.Of(9.99m, Domain.Currencies.Currency.Of("EUR")),
            StartedAt = DateTimeOffset.UtcNow,
            LeaseId = Guid.NewGuid(),
        };

        var placed = await steps.Place(saga, [new PlaceOrderLine(product, 1)], default);
        Assert.Equal(OrderErrors.PriceChanged, placed.Error);
        Assert.Equal((100m, 0m, 100m), await _person.BalanceAsync(_wallet));

        // Nothing of it can come late: the hold is used up, and the id is refused.
        saga = saga with { Total = Money.Of(10m, Domain.Currencies.Currency.Of("EUR")) };
        Assert.Equal(OrderErrors.Interrupted, (await steps.Place(saga, [new PlaceOrderLine(product, 1)], default)).Error);
        Assert.Equal((100m, 0m, 100m), await _person.BalanceAsync(_wallet));
    }

    [Fact]
    public async Task The_money_of_an_order_moves_with_the_order_only()
    {
        var order = Guid.Parse((await _person.PlaceAsync(_app, _wallet)).Text("id"));
        await _manager.PostAsync(_app, $"transfers/{OrderIds.CaptureOf(order)}/reverse", new { })
            .Problem(HttpStatusCode.Conflict, "order_money");

        // A hold of an order that is being placed.
        var (steps, pending) = (_app.Services.GetRequiredService<Application.Ledger.ILedger>(), Guid.CreateVersion7());
        var currency = Domain.Currencies.Currency.Of("EUR");
        var held = await steps.Execute(
            new Domain.Ledger.Reservation(
                _wallet,
                Domain.Ledger.SystemAccounts.IdOf(Domain.Ledger.AccountKind.Sales, currency),
                Money.Of(5m, currency),
                DateTimeOffset.UtcNow.AddHours(1),
                null)
            {
                Id = OrderIds.HoldOf(pending),
                By = _person.Id,
                IsOfOrder = true,
            },
            default);
        Assert.Null(held.Error);
        var hold = $"holds/{OrderIds.HoldOf(pending)}";
        await _person.PostAsync(_app, $"{hold}/capture", null).Problem(HttpStatusCode.Conflict, "order_money");
        await _person.PostAsync(_app, $"{hold}/void", null).Problem(HttpStatusCode.Conflict, "order_money");
        var sales = Domain.Ledger.SystemAccounts.IdOf(Domain.Ledger.AccountKind.Sales, currency);
        await _person.PostAsync(_app, "holds", LedgerPeople.Transfer(_wallet, sales, "1.00")).Problem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task A_wallet_stays_open_while_an_order_of_its_owner_is_in_progress()
    {
        var wallet = await _person.OpenWalletAsync();
        await _app.Database.ExecuteAsync(
            """
            INSERT INTO order_sagas (order_id, kind, owner_id, idempotency_key, started_at, attempts, lease_id, leased_until)
            VALUES ($1, 'cancel', $2, 'a', now(), 1, $1, now() + interval '1 minute')
            """,
            Guid.NewGuid(), _person.Id);
        await _person.SendAsync(HttpMethod.Delete, $"/api/v1/wallets/{wallet}", null, ("If-Match", "*"))
            .Problem(HttpStatusCode.Conflict, "wallet_not_empty");
        await _app.Database.ExecuteAsync("DELETE FROM order_sagas WHERE owner_id = $1", _person.Id);
        await _person.SendAsync(HttpMethod.Delete, $"/api/v1/wallets/{wallet}", null, ("If-Match", "*")).Json(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Orders_of_others_are_hidden_and_only_managers_read_them()
    {
        var id = (await _person.PlaceAsync(_app, _wallet)).Text("id");
        var stranger = await _app.SignUpAsync();
        await stranger.GetAsync($"{OrderPeople.Path}/{id}").Problem(HttpStatusCode.NotFound, "not_found");
        await stranger.CancelAsync(_app.Client, id).Problem(HttpStatusCode.NotFound, "not_found");
        await _manager.GetAsync($"{OrderPeople.Path}/{id}").Json(HttpStatusCode.OK);
        await _manager.CancelAsync(_app.Client, id).Problem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Lists_orders_and_products_in_pages()
    {
        await _person.PlaceAsync(_app, _wallet);
        var newest = (await _person.PlaceAsync(_app, _wallet)).Text("id");
        using var answer = await _person.GetAsync($"{OrderPeople.Path}?limit=1");
        var first = await answer.Json(HttpStatusCode.OK);
        Assert.Equal(newest, first.GetProperty("items")[0].Text("id"));
        Assert.Contains("rel=\"next\"", Assert.Single(answer.Headers.GetValues("Link")), StringComparison.Ordinal);
        var second = await _person.GetAsync($"{OrderPeople.Path}?limit=1&cursor={first.Text("nextCursor")}").Json(HttpStatusCode.OK);
        Assert.Equal(JsonValueKind.Null, second.GetProperty("nextCursor").ValueKind);

        var products = await _person.GetAsync("/api/v1/products?limit=2").Json(HttpStatusCode.OK);
        Assert.Equal(2, products.GetProperty("items").GetArrayLength());
        foreach (var cursor in (string[])["nonsense", products.Text("nextCursor")])
        {
            var problem = await _person.GetAsync($"{OrderPeople.Path}?cursor={cursor}")
                .Problem(HttpStatusCode.BadRequest, "validation_failed");
            Assert.True(problem.GetProperty("errors").TryGetProperty("cursor", out _));
        }
    }

    [Fact]
    public async Task Nobody_takes_the_orders_service_from_others_with_a_cursor_that_they_wrote()
    {
        var json = """{"List":"ProductPosition","Position":{"Name":"\u0000","Id":"0199c2a7-0001-7000-8000-000000000001"}}""";
        var cursor = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
        // As many as open the circuit breaker when they fail.
        for (var n = 0; n < 12; n++)
        {
            await _person.GetAsync($"/api/v1/products?cursor={cursor}").Problem(HttpStatusCode.BadRequest, "validation_failed");
        }
    }

    [Fact]
    public async Task An_id_of_nothing_is_missing_like_any_other()
    {
        var path = $"{OrderPeople.Path}/{Guid.Empty}";
        await _person.GetAsync(path).Problem(HttpStatusCode.NotFound, "not_found");
        await _person.CancelAsync(_app.Client, $"{Guid.Empty}").Problem(HttpStatusCode.NotFound, "not_found");
        foreach (var id in (Guid[])[Guid.Empty, Guid.CreateVersion7()])
        {
            await _person.PostOrderAsync(_app.Client, new { walletId = _wallet, lines = new[] { new { productId = id, quantity = 1 } } })
                .Problem(HttpStatusCode.UnprocessableEntity, "product_not_found");
        }
    }

    [Fact]
    public async Task An_order_with_wrong_fields_is_refused_with_their_names()
    {
        var line = new { productId = OrderCalls.Mug, quantity = 1 };
        var problem = await _person.PostOrderAsync(_app.Client, new { walletId = _wallet, lines = new[] { line, line } })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.True(problem.GetProperty("errors").TryGetProperty("lines", out _));
        var many = new { walletId = _wallet, lines = new[] { new { productId = OrderCalls.Mug, quantity = 1001 } } };
        problem = await _person.PostOrderAsync(_app.Client, many).Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.True(problem.GetProperty("errors").TryGetProperty("lines[0].quantity", out _), problem.ToString());
        await _person.SendAsync(HttpMethod.Post, OrderPeople.Path, OrderPeople.Mugs(_wallet))
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task The_dashboard_shows_the_newest_orders()
    {
        var id = (await _person.PlaceAsync(_app, _wallet)).Text("id");
        // The first page of a process may be late.
        await Eventually.Holds(
            async () =>
            {
                var page = await _person.GetAsync("/api/v1/dashboard").Json(HttpStatusCode.OK);
                return page.GetProperty("orders") is { ValueKind: JsonValueKind.Object } part
                    && part.GetProperty("items")[0].Text("id") == id;
            },
            "the orders are on the page",
            TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_token_of_portico_itself_is_of_use_in_the_orders_service_only()
    {
        var token = _app.Services.GetRequiredService<ServiceTokenIssuer>().Issue("orders", _person.Id, OrdersApp.ProcessPermission);
        await new TestPerson(_app, "", "").With(token).GetAsync("/api/v1/users/me").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.All(
            Enum.GetValues<Role>(),
            role => Assert.DoesNotContain(OrdersApp.ProcessPermission, Application.Common.Security.Permissions.Of(role)));
    }

    [Fact]
    public async Task A_service_that_does_not_know_the_key_of_a_token_is_an_outage_and_signs_nobody_out()
    {
        await using var app = await PorticoApp.StartAsync(
            new PorticoAppOptions { Settings = { ["Orders:Url"] = $"http://127.0.0.1:{Ports.Free()}" } });
        var settings = OrdersApp.AddressOf(app);
        // It accepts no token of this application.
        settings["Tokens:Issuer"] = "https://portico.invalid";
        settings["Tokens:InternalIssuer"] = app.Settings["Tokens:Issuer"];
        await using var orders = await OrdersApp.StartAsync(app, settings);
        var person = await app.SignUpAsync();

        await person.GetAsync(OrderPeople.Path).Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
    }

    [Fact]
    public async Task Without_the_address_of_the_service_there_are_no_orders()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions());
        var person = await app.SignUpAsync();
        await person.GetAsync(OrderPeople.Path).Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
        Assert.False((await person.GetAsync("/api/v1/dashboard").Json(HttpStatusCode.OK)).TryGetProperty("orders", out _));
    }

    private async Task<string[]> EventsAsync(string order)
    {
        await using var connection = new Npgsql.NpgsqlConnection(_app.Database.Portico);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(
            "SELECT coalesce(array_agg(type ORDER BY aggregate_version), '{}') FROM outbox WHERE aggregate_id = $1", connection);
        command.Parameters.Add(new() { Value = Guid.Parse(order) });
        return (string[])(await command.ExecuteScalarAsync())!;
    }
}
