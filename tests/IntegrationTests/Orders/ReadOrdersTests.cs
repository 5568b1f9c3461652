using System.Buffers.Text;
using System.Text;
using Grpc.Core;
using Portico.Domain.Users;
using Portico.Orders.V1;
using Portico.Testing;

namespace Portico.IntegrationTests.Orders;

public sealed class ReadOrdersTests : OrdersServiceTests
{
    [Fact]
    public async Task Hides_an_order_from_everybody_but_its_owner_and_managers()
    {
        var order = await Owner.PlaceOrderAsync(OrderCalls.OneMug());
        var stranger = App.Client((await App.Issuer.SignUpAsync()).AccessToken);
        var manager = App.Client((await App.Issuer.SignUpAsync(Role.Manager)).AccessToken);

        await OrderCalls.RefusedAsync(StatusCode.NotFound, "ORDER_NOT_FOUND", () => stranger.GetAsync(order.Id));
        await OrderCalls.RefusedAsync(
            StatusCode.NotFound, "ORDER_NOT_FOUND", stranger.CancelOrderAsync(new CancelOrderRequest { OrderId = order.Id }));
        await OrderCalls.RefusedAsync(
            StatusCode.PermissionDenied, "FORBIDDEN", stranger.ListOrdersAsync(new ListOrdersRequest { OwnerId = order.OwnerId }));
        Assert.Empty((await stranger.ListOrdersAsync(new ListOrdersRequest())).Orders);

        Assert.Equal(order, await manager.GetAsync(order.Id));
        Assert.Equal([order], (await manager.ListOrdersAsync(new ListOrdersRequest { OwnerId = order.OwnerId })).Orders);
        await OrderCalls.RefusedAsync(
            StatusCode.NotFound, "ORDER_NOT_FOUND", manager.CancelOrderAsync(new CancelOrderRequest { OrderId = order.Id }));
    }

    [Fact]
    public async Task Lists_the_newest_first_page_by_page()
    {
        List<string> placed = [];
        for (var i = 0; i < 5; i++)
            placed.Add((await Owner.PlaceOrderAsync(OrderCalls.OneMug())).Id);

        List<string> read = [];
        var cursor = "";
        do
        {
            var page = await Owner.ListOrdersAsync(new ListOrdersRequest { Limit = 2, Cursor = cursor });
            Assert.InRange(page.Orders.Count, 1, 2);
            read.AddRange(page.Orders.Select(order => order.Id));
            cursor = page.NextCursor;
        }
        while (cursor.Length > 0);

        Assert.Equal(placed.AsEnumerable().Reverse(), read);
    }

    [Fact]
    public async Task Lists_the_products_by_name_page_by_page_or_by_their_ids()
    {
        var first = await Owner.ListProductsAsync(new ListProductsRequest { Limit = 3 });
        var second = await Owner.ListProductsAsync(new ListProductsRequest { Limit = 100, Cursor = first.NextCursor });
        var products = first.Products.Concat(second.Products).ToList();

        Assert.Equal(3, first.Products.Count);
        Assert.Equal("", second.NextCursor);
        Assert.Equal(products.Select(product => product.Id).Distinct(), products.Select(product => product.Id));
        Assert.Contains(products, product => product is { Name: "Paper lantern", Price: { Amount: "1800", Currency: "JPY" } });

        var named = new ListProductsRequest { ProductIds = { OrderCalls.Notebook, OrderCalls.Mug, $"{Guid.CreateVersion7()}" } };
        Assert.Equal(["Ceramic mug", "Notebook"], (await Owner.ListProductsAsync(named)).Products.Select(product => product.Name));
    }

    [Theory]
    [InlineData(-1, "")]
    [InlineData(101, "")]
    [InlineData(0, "%%%")]
    [InlineData(0, "eyJMaXN0IjoiUHJvZHVjdFBvc2l0aW9uIn0")]
    public async Task Refuses_a_limit_or_a_cursor_that_no_answer_gave(int limit, string cursor) => await OrderCalls.RefusedAsync(
        StatusCode.InvalidArgument,
        "VALIDATION_FAILED",
        Owner.ListOrdersAsync(new ListOrdersRequest { Limit = limit, Cursor = cursor }));

    [Theory]
    [InlineData("""{"List":"ProductPosition","Position":{"Name":"a\u0000","Id":"0199c2a7-0001-7000-8000-000000000001"}}""")]
    [InlineData("""{"List":"ProductPosition","Position":{"Name":"\ud83d","Id":"0199c2a7-0001-7000-8000-000000000001"}}""")]
    [InlineData("""{"List":"ProductPosition","Position":{"Name":"ÿ","Id":"0199c2a7-0001-7000-8000-000000000001"}}""")]
    [InlineData("""{"List":"ProductPosition", "Position":{"Name":"a","Id":"0199c2a7-0001-7000-8000-000000000001"}}""")]
    [InlineData("""{"List":"ProductPosition","Position":null}""")]
    public async Task Refuses_a_cursor_that_looks_like_one(string json) => await OrderCalls.RefusedAsync(
        StatusCode.InvalidArgument,
        "VALIDATION_FAILED",
        // One byte a character, so that one of them is no UTF-8.
        Owner.ListProductsAsync(new ListProductsRequest { Cursor = Base64Url.EncodeToString(Encoding.Latin1.GetBytes(json)) }));

    [Fact]
    public async Task Refuses_the_cursor_of_another_list()
    {
        var products = await Owner.ListProductsAsync(new ListProductsRequest { Limit = 1 });

        await OrderCalls.RefusedAsync(
            StatusCode.InvalidArgument,
            "VALIDATION_FAILED",
            Owner.ListOrdersAsync(new ListOrdersRequest { Cursor = products.NextCursor }));
    }
}
