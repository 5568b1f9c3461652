using Google.Rpc;
using Grpc.Core;
using Portico.Orders.V1;
using Portico.Testing;

namespace Portico.IntegrationTests.Orders;

public sealed class PlaceOrderTests
{
    [Fact]
    public async Task Creates_a_pending_order_with_the_names_and_prices_of_the_catalogue()
    {
        var (app, person) = await StartAsync();
        var request = new PlaceOrderRequest
        {
            OrderId = Guid.CreateVersion7().ToString(),
            Lines =
            {
                new PlaceOrderLine { ProductId = OrderCalls.Notebook, Quantity = 3 },
                new PlaceOrderLine { ProductId = OrderCalls.Mug, Quantity = 2 },
            },
            ExpectedTotal = new Money { Amount = "51.70", Currency = "EUR" },
        };

        var order = await app.Client(person.AccessToken).PlaceOrderAsync(request);

        Assert.Equal((request.OrderId, $"{person.Id}", OrderStatus.Pending), (order.Id, order.OwnerId, order.Status));
        Assert.Equal(["Notebook 3 8.90 26.70", "Ceramic mug 2 12.50 25.00"], order.Lines.Select(
            line => $"{line.Name} {line.Quantity} {line.UnitPrice.Amount} {line.Amount.Amount}"));
        Assert.Equal(("51.70", "EUR"), (order.Total.Amount, order.Total.Currency));
        Assert.Equal(order, await app.Client(person.AccessToken).GetAsync(order.Id));
    }

    [Fact]
    public async Task Answers_a_repeat_with_the_same_order_even_after_the_price_has_changed()
    {
        var (app, person) = await StartAsync();
        var product = Guid.CreateVersion7();
        await app.ExecuteAsync("INSERT INTO products VALUES ($1, 'Lamp', '', 500, 'EUR')", product);
        var request = OrderCalls.OneMug();
        request.Lines[0].ProductId = $"{product}";
        request.ExpectedTotal.Amount = "5.00";
        var first = await app.Client(person.AccessToken).PlaceOrderAsync(request);
        await app.ExecuteAsync("UPDATE products SET price = 600, is_on_sale = false WHERE id = $1", product);

        Assert.Equal(first, await app.Client(person.AccessToken).PlaceOrderAsync(request));
    }

    [Fact]
    public async Task Refuses_an_id_that_belongs_to_an_order_with_other_content_or_of_another_user()
    {
        var (app, person) = await StartAsync();
        var other = await app.Issuer.SignUpAsync();
        var request = OrderCalls.OneMug();
        await app.Client(person.AccessToken).PlaceOrderAsync(request);

        await OrderCalls.RefusedAsync(
            StatusCode.AlreadyExists, "ORDER_ID_REUSED", app.Client(other.AccessToken).PlaceOrderAsync(request));
        request.Lines[0].Quantity = 2;
        request.ExpectedTotal.Amount = "25.00";
        await OrderCalls.RefusedAsync(
            StatusCode.AlreadyExists, "ORDER_ID_REUSED", app.Client(person.AccessToken).PlaceOrderAsync(request));
    }

    [Fact]
    public async Task Creates_one_order_for_many_repeats_at_the_same_time()
    {
        var (app, person) = await StartAsync();
        var request = OrderCalls.OneMug();

        var orders = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => app.Client(person.AccessToken).PlaceOrderAsync(request).ResponseAsync));

        Assert.Single(orders.Distinct());
        var list = await app.Client(person.AccessToken).ListOrdersAsync(new ListOrdersRequest());
        Assert.Single(list.Orders);
    }

    [Theory]
    [InlineData("12.49", "EUR", "PRICE_CHANGED")]
    [InlineData("12.5", "EUR", "PRICE_CHANGED")]
    [InlineData("12.50", "USD", "PRICE_CHANGED")]
    public async Task Refuses_another_total_than_the_expected_one(string amount, string currency, string code)
    {
        var (app, person) = await StartAsync();
        var request = OrderCalls.OneMug();
        request.ExpectedTotal = new Money { Amount = amount, Currency = currency };

        await OrderCalls.RefusedAsync(StatusCode.FailedPrecondition, code, app.Client(person.AccessToken).PlaceOrderAsync(request));
    }

    [Fact]
    public async Task Refuses_a_product_that_is_not_on_sale()
    {
        var (app, person) = await StartAsync();
        var request = OrderCalls.OneMug();
        request.Lines[0].ProductId = $"{Guid.CreateVersion7()}";

        await OrderCalls.RefusedAsync(
            StatusCode.FailedPrecondition, "PRODUCT_NOT_FOUND", app.Client(person.AccessToken).PlaceOrderAsync(request));
    }

    [Fact]
    public async Task Names_every_field_that_is_wrong()
    {
        var (app, person) = await StartAsync();
        var request = new PlaceOrderRequest
        {
            OrderId = "7",
            Lines =
            {
                new PlaceOrderLine { ProductId = OrderCalls.Mug, Quantity = 0 },
                new PlaceOrderLine { ProductId = OrderCalls.Mug, Quantity = 1 },
            },
            ExpectedTotal = new Money { Amount = "1e3", Currency = "euro" },
        };

        var refusal = await OrderCalls.RefusedAsync(
            StatusCode.InvalidArgument, "VALIDATION_FAILED", app.Client(person.AccessToken).PlaceOrderAsync(request));

        Assert.Equal(
            ["expected_total.amount", "expected_total.currency", "lines[0].quantity", "lines[1].product_id", "order_id"],
            refusal.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Select(field => field.Field).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Limits_the_pending_orders_of_a_user()
    {
        var (shared, person) = await StartAsync();
        await using var app = await OrdersApp.StartAsync(
            shared.Issuer, new Dictionary<string, string?>(StringComparer.Ordinal) { ["Orders:MaxPendingPerUser"] = "2" });
        var client = app.Client(person.AccessToken);
        var first = await client.PlaceOrderAsync(OrderCalls.OneMug());
        await client.PlaceOrderAsync(OrderCalls.OneMug());
        await OrderCalls.RefusedAsync(StatusCode.ResourceExhausted, "TOO_MANY_ORDERS", client.PlaceOrderAsync(OrderCalls.OneMug()));

        await app.Processing(person.Id).ConfirmOrderAsync(new ConfirmOrderRequest { OrderId = first.Id });

        await client.PlaceOrderAsync(OrderCalls.OneMug());
    }

    private static async Task<(OrdersApp App, TestPerson Person)> StartAsync()
    {
        var app = await OrdersApp.SharedAsync();
        return (app, await app.Issuer.SignUpAsync());
    }
}
